"""Every error a user can meet: a code that docs and add-on share, one sentence, one fix."""

from __future__ import annotations


class VernissageError(Exception):
    """Base of all errors that reach a user.

    `str(error)` is the sentence; `error.fix` is what to do next, with `{placeholders}` filled
    from the keyword arguments given when it was raised.
    """

    code = "E_INTERNAL"
    fix = "Run the command again with --verbose and report what it prints."

    def __init__(self, sentence: str, **details: object) -> None:
        super().__init__(sentence)
        self.details = details
        self.fix = type(self).fix.format(**details)

    def as_dict(self) -> dict[str, str]:
        """The form in which the error crosses the protocol: code, sentence, fix."""
        return {"code": self.code, "sentence": str(self), "fix": self.fix}


class BadRequest(VernissageError):
    """A request that no engine could serve: a negative count, an empty name, a missing field."""

    code = "E_REQUEST"
    fix = "Correct the value and send the request again."


class UnknownModel(VernissageError):
    """The model named is not in the zoo."""

    code = "E_MODEL"
    fix = "Choose one of: {known}."


class UnknownClass(VernissageError):
    """The model has no class or category of that name."""

    code = "E_CLASS"
    fix = "Choose one of: {known}."


class WeightsMismatch(VernissageError):
    """The weights are missing, unreadable, or not the file that the card describes."""

    code = "E_WEIGHTS"
    fix = "Reinstall the package, or train the model anew: vernissage train {name}."


class BadVox(VernissageError):
    """A `.vox` file that cannot be read: truncated, oversized, or not MagicaVoxel at all."""

    code = "E_VOX"
    fix = "Open the file in MagicaVoxel and save it again, or leave it out."


class VoxLimit(VernissageError):
    """A grid that the `.vox` format cannot hold: too many colours, or too large."""

    code = "E_VOX_LIMIT"
    fix = "Reduce it to 255 colours and 256 voxels a side, or write a GLB instead."


class EmptyShape(VernissageError):
    """A shape without a single solid voxel or triangle."""

    code = "E_EMPTY"
    fix = "Try another seed."


class BadDataset(VernissageError):
    """A folder that holds too little to train on, or nothing readable."""

    code = "E_DATA"
    fix = "Point --data at a folder with at least {least} readable files."


class NotBuilt(BadDataset):
    """A folder of models, or something else, where a data set was meant."""

    fix = "Build one first: vernissage dataset build {folder} --out DATA, then --data DATA."


class OneFamily(BadDataset):
    """Every figure is a variant of one, so that a split by family leaves nothing to train on."""

    fix = "Name the files after different figures, or set validation = 0 in the recipe."


class BadMesh(VernissageError):
    """A mesh file that cannot be used: unreadable, empty, not finite, or without its texture."""

    code = "E_MESH"
    fix = "Repair it in Blender and export it as GLB, or leave it out."


class NoMeshes(BadDataset):
    """A folder without a single mesh file that can be used."""

    fix = "Choose a folder that holds .glb, .gltf, .obj, .ply or .stl files."


class NoClasses(BadDataset):
    """A labelled folder with fewer than two classes that can be learned."""

    fix = "Give --like a folder with two class folders or more, {least} pictures or more in each."


class NothingToSort(BadDataset):
    """A folder without a single picture that can be sorted."""

    fix = "Choose a folder that holds .jpg, .png, .webp, .bmp, .tif or .gif files."


class BadPicture(VernissageError):
    """A picture file that cannot be used: unreadable, cut short, or far too large."""

    code = "E_PICTURE"
    fix = "Open it in a picture editor and save it again as PNG or JPEG."


class BudgetTooLow(VernissageError):
    """Fewer triangles were asked for than a closed mesh of this shape needs."""

    code = "E_BUDGET"
    fix = "Ask for {least} triangles or more."


class BadRecipe(VernissageError):
    """A recipe with an unknown key, a wrong type or a value out of range."""

    code = "E_RECIPE"
    fix = "Correct the recipe, or begin with one that ships in engine/zoo/recipes."


class BadCheckpoint(VernissageError):
    """A checkpoint that is damaged, belongs to another recipe, or would be overwritten."""

    code = "E_CHECKPOINT"
    fix = "Choose another folder with --out."


class DamagedCheckpoint(BadCheckpoint):
    """A checkpoint with a file that is missing, cut short or not what it should be."""


class TrainingDiverged(VernissageError):
    """Training produced NaN in three steps in a row, although the rate was halved each time."""

    code = "E_DIVERGED"
    fix = "Raise gamma tenfold or halve the learning rate in the recipe, and train anew."


class CannotWrite(VernissageError):
    """The output folder is not writable, or the disk is full. Nothing half-written stays."""

    code = "E_WRITE"
    fix = "Free some space or choose another folder with --out."


class Cancelled(VernissageError):
    """The user stopped the job. What was finished before stays."""

    code = "E_CANCELLED"
    fix = "Run it again when you like."


class BadMuseum(VernissageError):
    """A museum.json that cannot be used: unreadable, faulty, or naming a file that is missing."""

    code = "E_MUSEUM"
    fix = "Correct the file, or plan the museum anew: vernissage museum plan."


class NewerMuseum(BadMuseum):
    """A museum.json that a later release wrote."""

    fix = "Update Vernissage, or plan the museum anew: vernissage museum plan."


class CannotPlan(VernissageError):
    """Wishes that no floor plan can meet, such as two works fixed to one place."""

    code = "E_PLAN"
    fix = "{remedy}"


class CannotTrace(VernissageError):
    """The ray caster does not load: Open3D is missing, or a library of the system that it needs."""

    code = "E_RAYS"
    fix = (
        "Install it (pip install open3d; on a bare Linux also: apt-get install libegl1 libgl1 "
        "libusb-1.0-0 libx11-6), or do without baked light and pictures: --light none --no-contact."
    )


class ProtocolError(VernissageError):
    """Bytes that are no message of the worker protocol: not JSON, not JSON-RPC 2.0, or too long."""

    code = "E_PROTOCOL"
    fix = "Install the engine and the add-on from the same release."


class WorkerBusy(VernissageError):
    """A second job was sent while the worker still makes the first."""

    code = "E_BUSY"
    fix = "Wait for the running job, or cancel it."


class OutOfMemory(VernissageError):
    """The machine or its graphics card has too little memory for the request."""

    code = "E_MEMORY"
    fix = "Ask for fewer at a time, or close other programs."


class BadAsset(VernissageError):
    """A GLB file that cannot be checked: no GLB, damaged, or without triangles."""

    code = "E_ASSET"
    fix = "Export it again as GLB: triangles, no compression, textures inside."
