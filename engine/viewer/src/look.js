/**
 * The shader of walls, floors and furniture. What a surface throws back is baked; added while one
 * walks are only its relief, its glow, and a sheen that mirrors the ceiling's lamps as soft
 * rectangles and the room's own light elsewhere. No lights, no shadow maps: a headset has no time.
 */

/** Lamps of a room's ceiling that floors mirror. */
export const LAMPS = 6;

export const VERTEX_HEAD = `
  attribute vec3 tile;
  varying vec3 tileAt;
  varying vec3 seenAt;
  varying vec3 facing;
`;

export const VERTEX = `
  tileAt = tile;
  seenAt = (modelMatrix * vec4(transformed, 1.0)).xyz;
  facing = mat3(modelMatrix) * normal;
`;

export const FRAGMENT_HEAD = `
  varying vec3 tileAt;
  varying vec3 seenAt;
  varying vec3 facing;
  uniform highp sampler2DArray colours, finish;
  uniform vec4 lamps[LAMPS];
  uniform float ceilingY, level, daylight;
  uniform vec3 glow, tint;

  // The normal with the relief of a tile; its frame comes from how the tile runs over the screen.
  vec3 rough(vec3 normal, vec2 slope) {
    vec3 px = dFdx(seenAt), py = dFdy(seenAt);
    vec2 ux = dFdx(tileAt.xy), uy = dFdy(tileAt.xy);
    vec3 t = cross(py, normal) * ux.x + cross(normal, px) * uy.x;
    vec3 b = cross(py, normal) * ux.y + cross(normal, px) * uy.y;
    float scale = max(dot(t, t), dot(b, b));
    if (scale <= 0.0) return normal;
    vec2 by = slope * inversesqrt(scale);
    return normalize(t * by.x + b * by.y + normal * sqrt(max(0.0, 1.0 - dot(slope, slope))));
  }

  // What a mirror would show in a direction: the room's own light, and its lamps, softened.
  vec3 mirrored(vec3 way, vec3 local, float soften) {
    vec3 seen = local * (0.8 + 0.3 * way.y);
    if (way.y < 0.03 || seenAt.y > ceilingY - 0.05) return seen;
    float far = (ceilingY - seenAt.y) / way.y;
    vec2 at = seenAt.xz + way.xz * far;
    float soft = 0.1 + soften * far * 0.6;
    for (int i = 0; i < LAMPS; i++) {
      vec2 off = abs(at - lamps[i].xy) - lamps[i].zw;
      vec2 share = 1.0 - smoothstep(-0.5 * soft, soft, off);
      float size = min(1.0, 4.0 * lamps[i].z * lamps[i].w / (soft * soft + 0.01));
      if (lamps[i].z > 0.0) seen += glow * share.x * share.y * size;
    }
    return seen;
  }
`;

/** In place of a colour map; what shines throws nothing back. */
export const COLOUR = `
  vec4 tile = texture(colours, tileAt);
  vec3 shine = tile.rgb * (1.0 - tile.a);
  diffuseColor.rgb *= tile.rgb * tile.a;
`;

export const FRAGMENT = `
  vec4 coated = texture(finish, tileAt);
  vec3 flatNormal = normalize(facing);
  vec3 away = normalize(seenAt - cameraPosition);
  if (dot(flatNormal, away) > 0.0) flatNormal = -flatNormal;
  vec3 normal = rough(flatNormal, coated.xy * 2.0 - 1.0);
  vec3 local = texture2D(lightMap, vLightMapUv).rgb * lightMapIntensity * RECIPROCAL_PI;
  if (vLightMapUv.x < 0.0) {
    float sun = max(dot(normal, vec3(0.36, 0.74, 0.57)), 0.0);
    local = tint * mix(level, 0.62 + 0.5 * sun, daylight);
  }
  // Light comes mostly from above and from the middle of the room: relief casts against that.
  vec3 from = normalize(vec3(lamps[0].x, ceilingY, lamps[0].y) - seenAt + vec3(0.0, 0.5, 0.0));
  local *= clamp(1.0 + 0.75 * (dot(normal, from) - dot(flatNormal, from)), 0.45, 1.5);
  float roughly = coated.b, metal = coated.a;
  float gloss = pow(max(0.0, 1.0 - roughly), 1.2);
  float grazing = pow(1.0 - abs(dot(normal, away)), 5.0);
  vec3 share = mix(vec3(0.04 + 0.55 * grazing) * gloss, diffuseColor.rgb * (0.8 + 0.2 * grazing), metal);
  vec3 outgoingLight = diffuseColor.rgb * local * (1.0 - 0.85 * metal);
  if (gloss + metal > 0.06) outgoingLight += share * mirrored(reflect(away, normal), local, roughly);
  outgoingLight += shine;
`;
