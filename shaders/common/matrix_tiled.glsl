// Matrix core, family "tiled": for any GPU. A workgroup of WORKGROUP_SIZE invocations computes a tile of
// WORKGROUP_SIZE / 2 rows x 64 columns, TILE_DEPTH of K at a time, through shared memory; an invocation holds
// 8 x 4 sums. While a tile is multiplied the next one is already on its way into registers.
//
//   A: two invocations per row fetch 8 channels each, as vectors of four where rows are aligned.
//   W: packed [N / 64][K][64]: the 16 x 64 block of a tile is contiguous.
// An invocation's columns are two pairs, 32 apart: with GEGLU a value's gate is then in the same invocation.
// Correct for any subgroup size: nothing here knows of subgroups.
// Ladder: v1 registers ahead of shared memory, one buffer, two barriers per tile. Compiled by RADV for gfx1151 and rembrandt
// (not run there): 96 and 80 VGPRs, 10 and 12 waves per SIMD, no spills, 512 fma and vector reads of shared memory per tile.

layout(constant_id = 2) const uint UNROLL = 16; // k unrolled in a tile: all on a GPU, little where code is costly to compile

#define ROWS 8
#define COLUMNS 4
#define TILE_DEPTH 16
#define TILE_COLUMNS 64

const uint TILE_ROWS = WORKGROUP_SIZE / 2;
const uint A_PITCH = TILE_ROWS + 4;
const uint B_QUADS = TILE_DEPTH * TILE_COLUMNS / 4 / WORKGROUP_SIZE;

layout(buffer_reference, scalar, buffer_reference_align = 16) readonly buffer Quad32 { vec4 v; };
layout(buffer_reference, scalar, buffer_reference_align = 8) readonly buffer Quad16 { uvec2 v; };

vec4 load_quad16(uint64_t address)
{
    uvec2 words = Quad16(address).v;
    return vec4(unpackHalf2x16(words.x), unpackHalf2x16(words.y));
}

vec4 load_quad32(uint64_t address) { return Quad32(address).v; }

#if STORAGE == 16
#define LOAD_QUAD_A load_quad16
#else
#define LOAD_QUAD_A load_quad32
#endif
#if WEIGHTS == 16
#define LOAD_QUAD_B load_quad16
#else
#define LOAD_QUAD_B load_quad32
#endif

shared float tile_a[TILE_DEPTH * A_PITCH];
shared float tile_b[TILE_DEPTH * TILE_COLUMNS];

float sums[ROWS * COLUMNS];
#include "epilogue.glsl"

uint column_at(uint j)
{
    uint first = panel_index() * (GEGLU ? TILE_COLUMNS / 2 : TILE_COLUMNS);
    return first + j / 2 * (TILE_COLUMNS / 2) + gl_LocalInvocationID.x % 16 * 2 + j % 2;
}

// Where the next tile of A and W comes from, and the registers it waits in.
Row own;
Tap tap;
bool second;
bool inside;
bool vectors;
uint k;
uint64_t origin;
uint64_t panel;
vec4 next_a[2];
vec4 next_b[B_QUADS];

void seek()
{
    uint pixel;
    inside = fetch(own, tap, pixel);
    origin = second ? SECOND + uint64_t(pixel) * SECOND_STRIDE * STORAGE_BYTES : x + uint64_t(pixel) * x_stride * STORAGE_BYTES;
}

// Four channels from `c` on: zero behind `count` and outside of the image.
vec4 load_channels(uint c, uint count)
{
    vec4 values = vec4(0.0);
    if (vectors)
    {
        if (inside && c < count) values = LOAD_QUAD_A(origin + c * STORAGE_BYTES);
    }
    else
    {
        [[unroll]] for (uint e = 0; e < 4; e++)
        {
            if (inside && c + e < count) values[e] = load(origin, c + e);
        }
    }
    return values;
}

void load_next()
{
    uint count = second ? SECOND_CHANNELS : channels;
    uint c = k + gl_LocalInvocationID.x / TILE_ROWS * 8;
    next_a[0] = load_channels(c, count);
    next_a[1] = load_channels(c + 4, count);
    [[unroll]] for (uint i = 0; i < B_QUADS; i++)
        next_b[i] = LOAD_QUAD_B(panel + (gl_LocalInvocationID.x + i * WORKGROUP_SIZE) * (WEIGHTS / 2));
    panel += TILE_DEPTH * TILE_COLUMNS * (WEIGHTS / 8);

    k += TILE_DEPTH;
    if (k >= count)
    {
        k = 0;
        if (!HAS_SECOND || second) tap = next_tap(tap);
        second = HAS_SECOND && !second;
        seek();
    }
}

void share_next()
{
    uint row = gl_LocalInvocationID.x % TILE_ROWS;
    uint first = gl_LocalInvocationID.x / TILE_ROWS * 8;
    [[unroll]] for (uint i = 0; i < 8; i++) tile_a[(first + i) * A_PITCH + row] = next_a[i / 4][i % 4];
    [[unroll]] for (uint i = 0; i < B_QUADS; i++)
    {
        [[unroll]] for (uint e = 0; e < 4; e++) tile_b[(gl_LocalInvocationID.x + i * WORKGROUP_SIZE) * 4 + e] = next_b[i][e];
    }
}

void multiply_tile()
{
    uint row = gl_LocalInvocationID.x / 16 * ROWS;
    uint column = gl_LocalInvocationID.x % 16 * 2;
    for (uint first = 0; first < TILE_DEPTH; first += UNROLL)
    {
        [[unroll]] for (uint i = 0; i < UNROLL; i++)
        {
            float b[COLUMNS];
            uint from = (first + i) * TILE_COLUMNS + column;
            [[unroll]] for (uint j = 0; j < COLUMNS; j++) b[j] = tile_b[from + j / 2 * (TILE_COLUMNS / 2) + j % 2];
            [[unroll]] for (uint r = 0; r < ROWS; r++)
            {
                float a = tile_a[(first + i) * A_PITCH + row + r];
                [[unroll]] for (uint j = 0; j < COLUMNS; j++) sums[r * COLUMNS + j] = fma(a, b[j], sums[r * COLUMNS + j]);
            }
        }
    }
}

void multiply()
{
    uint first_row = (gl_WorkGroupID.x + gl_WorkGroupID.y * fold) * TILE_ROWS;
    own = row_at(min(first_row + gl_LocalInvocationID.x % TILE_ROWS, rows - 1));
    tap = first_tap();
    second = false;
    k = 0;
    panel = weight + uint64_t(gl_WorkGroupID.z) * depth * (TILE_COLUMNS * (WEIGHTS / 8));
    vectors = !SCALAR_LOADS && ((x | (HAS_SECOND ? SECOND : 0ul)) & (4 * STORAGE_BYTES - 1)) == 0;
    [[unroll]] for (uint i = 0; i < ROWS * COLUMNS; i++) sums[i] = 0.0;

    seek();
    load_next();
    uint steps_left = depth / TILE_DEPTH;
    do
    {
        barrier();
        share_next();
        barrier();
        steps_left--;
        if (steps_left > 0) load_next();
        multiply_tile();
    } while (steps_left > 0);

    finish(first_row + gl_LocalInvocationID.x / 16 * ROWS);
}
