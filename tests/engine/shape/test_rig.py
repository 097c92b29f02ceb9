"""The armature: landmarks of bodies drawn in sight, and validity for every body."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from engine.data.voxels import VoxelGrid
from engine.errors import EmptyShape
from engine.shape.rig import BONES, INDEX, fit_rig

SKIN, HAIR, SHIRT, TROUSERS = (238, 195, 154), (92, 58, 30), (40, 90, 180), (60, 60, 70)
VRM_REQUIRED = [
    "hips",
    "spine",
    "head",
    "leftUpperArm",
    "leftLowerArm",
    "leftHand",
    "rightUpperArm",
    "rightLowerArm",
    "rightHand",
    "leftUpperLeg",
    "leftLowerLeg",
    "leftFoot",
    "rightUpperLeg",
    "rightLowerLeg",
    "rightFoot",
]


def box(grid: VoxelGrid, z: slice, y: slice, x: slice, color: tuple[int, int, int]) -> None:
    grid.solid[z, y, x] = True
    grid.colors[z, y, x] = color


def person(arms: bool = True, legs: bool = True) -> VoxelGrid:
    """Legs of two rows, a trunk of four with thin arms, a head of five; eight columns wide."""
    grid = VoxelGrid(np.zeros((13, 8, 12), bool), np.zeros((13, 8, 12, 3), np.uint8))
    box(grid, slice(0, 2), slice(3, 5), slice(3, 9), TROUSERS)
    if legs:
        grid.solid[0:2, :, 5:7] = False
    box(grid, slice(2, 6), slice(2, 6), slice(3, 9), SHIRT)
    if arms:
        for x in (2, 9):
            box(grid, slice(2, 6), slice(4, 5), slice(x, x + 1), SKIN)
    box(grid, slice(6, 10), slice(2, 7), slice(2, 10), SKIN)
    box(grid, slice(10, 11), slice(2, 7), slice(2, 10), HAIR)
    return grid


def bone_at(grid: VoxelGrid, x: int, y: int, z: int) -> str:
    return BONES[fit_rig(grid).marks[z, y, x]][0]


def test_bones_include_the_fifteen_that_vrm_requires():
    names = {name[0].lower() + name[1:] for name, _ in BONES}
    assert set(VRM_REQUIRED) <= names


def test_parents_come_before_their_children():
    for index, (_, parent) in enumerate(BONES):
        assert (parent is None) == (index == 0)
        assert parent is None or INDEX[parent] < index


def test_landmarks_of_a_drawn_person_are_where_they_were_drawn():
    marks = fit_rig(person()).landmarks
    assert (marks.base, marks.hip, marks.neck, marks.top) == (0, 2, 6, 11)
    assert (marks.trunk, marks.middle[0], marks.split) == ((3, 9), 6, 6)
    assert (marks.legs, marks.arms) == (True, (True, True))


def test_left_is_at_plus_x():
    rig = fit_rig(person())
    for limb in ("UpperArm", "LowerArm", "Hand", "UpperLeg", "LowerLeg", "Foot"):
        assert rig.heads[INDEX["Left" + limb], 0] > 6 > rig.heads[INDEX["Right" + limb], 0]


def test_points_of_each_limb_follow_its_bone():
    grid = person()
    assert bone_at(grid, 2, 2, 11) == "Head"
    assert bone_at(grid, 10, 4, 2) == "LeftHand"
    assert bone_at(grid, 2, 4, 2) == "RightHand"
    assert bone_at(grid, 9, 3, 0) == "LeftFoot"
    assert bone_at(grid, 3, 3, 0) == "RightFoot"
    assert bone_at(grid, 3, 2, 2) == "Hips"
    assert bone_at(grid, 3, 2, 5) == "Chest"


def test_the_head_moves_as_one_piece():
    marks = fit_rig(person()).marks
    assert set(marks[7:12, 2:8, 2:11].ravel()) == {INDEX["Head"]}


@pytest.mark.parametrize(
    ("grid", "absent"),
    [(person(arms=False), ("Arm", "Hand")), (person(legs=False), ("Leg", "Foot"))],
)
def test_limbs_that_are_not_shown_have_bones_that_move_nothing(grid, absent):
    rig = fit_rig(grid)
    for index, (name, _) in enumerate(BONES):
        if name.endswith(absent):
            assert not (rig.marks == index).any()
            assert np.isfinite(rig.heads[index]).all()


def test_what_a_hand_holds_moves_with_it():
    grid = person()
    box(grid, slice(0, 12), slice(3, 4), slice(11, 12), HAIR)  # a staff beside the left hand
    box(grid, slice(3, 4), slice(3, 5), slice(10, 12), SKIN)
    rig = fit_rig(grid)
    staff = rig.marks[1:12, 3, 12]
    assert {BONES[bone][0] for bone in staff} <= {"LeftUpperArm", "LeftLowerArm", "LeftHand"}


@settings(max_examples=100, deadline=None)
@given(hnp.arrays(bool, st.tuples(*[st.integers(1, 9)] * 3)).filter(lambda solid: solid.any()))
def test_d23_any_shape_gets_a_finite_skeleton_near_itself(solid):
    rig = fit_rig(VoxelGrid(solid, np.zeros((*solid.shape, 3), np.uint8)))
    assert rig.heads.shape == (len(BONES), 3)
    assert np.isfinite(rig.heads).all()
    reach = np.array(solid.shape[::-1]) + max(solid.shape)
    assert (rig.heads >= -max(solid.shape)).all()
    assert (rig.heads <= reach).all()
    assert rig.marks.shape == tuple(n + 1 for n in solid.shape)
    assert rig.marks.max() < len(BONES)


def test_an_empty_grid_raises_empty_shape():
    with pytest.raises(EmptyShape):
        fit_rig(VoxelGrid(np.zeros((2, 2, 2), bool), np.zeros((2, 2, 2, 3), np.uint8)))
