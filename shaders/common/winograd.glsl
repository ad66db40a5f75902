// Winograd's minimal filtering F(m x m, 3x3): Y = A^T [ (G g G^T) * (B^T d B) ] A over tiles d of m + 2 pixels a side.
// m (TILE) is 2, with the points 0, 1, -1, infinity, or 4, with 0, +-1/sqrt(2), +-sqrt(2), infinity: a fifth of the squared
// error of the customary 0, +-1, +-2 (Barabasz et al., Error analysis and improving the accuracy of Winograd convolution).
// G is applied on the host (WinogradPacking). An invocation transforms two channels of one tile, which are neighbours and reached
// by 64 bits at once (ACCESS_WIDE) or each by itself (ACCESS_SINGLES), or WORKGROUP_SIZE apart, so that a workgroup of one subgroup
// loads vectors (ACCESS_VECTORS and ACCESS_LANES: the channels of each source fill whole workgroups), or neighbours that a subgroup
// loads as one vector (ACCESS_WIDE_VECTORS and ACCESS_WIDE_LANES: the channels of each source fill whole subgroups).
layout(constant_id = 1) const uint FEATURES = 0;
layout(constant_id = 2) const uint TILE = 4;
layout(constant_id = 3) const uint ACCESS = 0;
layout(constant_id = 4) const uint COLUMN_TILE = 4; // TILE, or 1 for a convolution along lines only: F(m, 3), Y = A^T [ (G g) * (B^T d) ]
layout(constant_id = 5) const uint SUBGROUP = 8; // lanes of one

#include "access.glsl"
#define LANES (WIDE_VECTORS ? SUBGROUP : WORKGROUP_SIZE)
#include "load_vector.glsl"

const bool HAS_BIAS = (FEATURES & 1u) != 0;
const bool HAS_SHIFT = (FEATURES & 2u) != 0;
const bool HAS_RESIDUAL = (FEATURES & 4u) != 0;
const bool HAS_SECOND = (FEATURES & 8u) != 0;    // x2 behind x
const bool SCALAR_LOADS = (FEATURES & 16u) != 0; // rows are not aligned to pairs of channels
const bool IN_FRAMES = (FEATURES & 2048u) != 0;  // factors and offsets of each frame behind the bias
const uint ACTIVATION = FEATURES >> 16;

const uint SIDE = TILE + 2;
const uint COLUMN_SIDE = COLUMN_TILE == 1 ? 1 : SIDE;
#define MAX_SIDE 6
#define NEAR 0.70710678118654752
#define FAR 1.41421356237309505

// Bytes from the subgroup's first pair to the invocation's own, of `bytes` each: addresses of wide vectors are the subgroup's.
uint64_t own_pair(uint bytes) { return WIDE_VECTORS ? uint64_t(vector_lane * bytes) : 0; }

vec2 load_pair_f32(uint64_t address)
{
    if (WIDE_VECTORS) return uintBitsToFloat(unpack32(load_vector_bits(address, 0)));
    if (VECTORS) return vec2(load_vector_f32(address, 0), load_vector_f32(address, LANES));
    if (NARROW) return vec2(load_f32(address, 0), load_f32(address, 1));
    return uintBitsToFloat(unpack32(Bits64(address).v[0]));
}

void store_pair_f32(uint64_t address, vec2 value)
{
    if (!NARROW)
    {
        Bits64(address + own_pair(8)).v[0] = join64(floatBitsToUint(value));
        return;
    }
    uint first = VECTORS ? vector_lane : 0, second = VECTORS ? vector_lane + LANES : 1;
    F32(address).v[first] = value.x;
    F32(address).v[second] = value.y;
}

#if STORAGE == 16
vec2 load_pair(uint64_t address)
{
    if (WIDE_VECTORS) return vec2(unpackFloat2x16(load_vector_word(address, 0)));
    if (VECTORS) return vec2(load_vector_f16(address, 0), load_vector_f16(address, LANES));
    return vec2(unpackFloat2x16(Bits32(address).v[0]));
}

void store_pair(uint64_t address, vec2 value)
{
    if (VECTORS && !WIDE_VECTORS)
    {
        F16(address).v[vector_lane] = float16_t(value.x);
        F16(address).v[vector_lane + LANES] = float16_t(value.y);
        return;
    }
    Bits32(address + own_pair(4)).v[0] = packFloat2x16(f16vec2(value));
}
#else
vec2 load_pair(uint64_t address) { return load_pair_f32(address); }
void store_pair(uint64_t address, vec2 value) { store_pair_f32(address, value); }
#endif

// B^T d, in place.
void transform_input(inout vec2 d[MAX_SIDE])
{
    if (TILE == 2)
    {
        d[0] -= d[2];
        d[3] -= d[1];
        vec2 one = d[1];
        d[1] = one + d[2];
        d[2] -= one;
        return;
    }

    vec2 even = d[4] - 2.0 * d[2], odd = NEAR * (d[3] - 2.0 * d[1]);
    vec2 even_far = d[4] - 0.5 * d[2], odd_far = FAR * (d[3] - 0.5 * d[1]);
    d[0] += d[4] - 2.5 * d[2];
    d[5] += d[1] - 2.5 * d[3];
    d[1] = even + odd;
    d[2] = even - odd;
    d[3] = even_far + odd_far;
    d[4] = even_far - odd_far;
}

// A^T m, in place: the first TILE values are the result.
void transform_output(inout vec2 m[MAX_SIDE])
{
    if (TILE == 2)
    {
        m[0] += m[1] + m[2];
        m[1] += m[3] - m[2];
        return;
    }

    vec2 even = m[1] + m[2], odd = NEAR * (m[1] - m[2]);
    vec2 even_far = m[3] + m[4], odd_far = FAR * (m[3] - m[4]);
    m[0] += even + even_far;
    m[1] = odd + odd_far;
    m[2] = 0.5 * even + 2.0 * even_far;
    m[3] = 0.5 * odd + 2.0 * odd_far + m[5];
}

// The invocation's tile within the dispatch and its first channel. Along lines only a tile's channels come one after the other, as they lie in
// memory: 15 % of a convolution along time on Mesa 26.2, 4 to 9 on 25.0.7. Of images it is 4 % for 512 channels of 40x64, nothing for others and
// a loss of 5 % on 25.0.7.
uvec3 workgroup() { return COLUMN_TILE == 1 ? gl_WorkGroupID.yzx : gl_WorkGroupID; }

uint tile_index(uint fold) { return workgroup().x + workgroup().y * fold; }

// With vectors the workgroup's or subgroup's: an address made of it is the same in all lanes. Of `count` channels; where wide vectors would begin
// behind them, the last ones once more.
uint first_channel(uint count)
{
    if (WIDE_VECTORS) return min(2 * (workgroup().z * WORKGROUP_SIZE + gl_SubgroupID * LANES), count - 2 * LANES);
    return 2 * (workgroup().z * WORKGROUP_SIZE + (VECTORS ? 0 : gl_LocalInvocationID.x));
}

// Image, and first line and column in pixels of the image's output.
uvec3 tile_origin(uint tile, uint tiles_across, uint tiles_down)
{
    uint line = tile / tiles_across, image = line / tiles_down;
    return uvec3(image, (line - image * tiles_down) * TILE, (tile - line * tiles_across) * COLUMN_TILE);
}
