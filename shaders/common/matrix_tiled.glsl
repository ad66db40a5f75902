// Matrix core, family "tiled": for any GPU. A workgroup of WORKGROUP_SIZE invocations computes a tile of
// WORKGROUP_SIZE / 2 rows x 64 columns, TILE_DEPTH of K at a time, through shared memory; an invocation holds
// 8 x 4 sums. While a tile is multiplied the next one is already on its way into registers.
//
//   A: two invocations per row fetch TILE_DEPTH / 2 channels each, as vectors of 16 bytes where rows are aligned.
//   W: packed [N / 64][K][64]: the TILE_DEPTH x 64 block of a tile is contiguous.
// An invocation's columns are two pairs, 32 apart: with GEGLU a value's gate is then in the same invocation.
// Correct for any subgroup size: nothing here knows of subgroups.
// How a tile is fetched, shared and multiplied, and the ladders: tile_single.glsl (fp32 in shared memory), tile_half.glsl.

layout(constant_id = 2) const uint UNROLL = 16; // k unrolled in a tile: all on a GPU, little where code is costly to compile

#define ROWS 8
#define COLUMNS 4
#define COLUMN_PAIRS
#define TILE_COLUMNS 64

const uint TILE_ROWS = WORKGROUP_SIZE / 2;
const uint A_PITCH = TILE_ROWS + 4;

float sums[ROWS * COLUMNS];
#include "epilogue.glsl"

uint column_at(uint j)
{
    uint first = panel_index() * (GEGLU ? TILE_COLUMNS / 2 : TILE_COLUMNS);
    return first + j / 2 * (TILE_COLUMNS / 2) + gl_LocalInvocationID.x % 16 * 2 + j % 2;
}

// Where the next tile of A and W comes from.
Row own;
Tap tap;
bool second;
bool inside;
bool vectors;
uint k;
uint64_t origin;
uint64_t panel;

#if STORAGE == 16
#include "tile_half.glsl"
#else
#include "tile_single.glsl"
#endif

void seek()
{
    uint pixel;
    inside = fetch(own, tap, pixel);
    uint64_t row = second ? SECOND + uint64_t(pixel) * (SECOND_STRIDE * STORAGE_BYTES) : x + uint64_t(pixel) * (x_stride * STORAGE_BYTES);
    origin = row + gl_LocalInvocationID.x / TILE_ROWS * (TILE_DEPTH / 2 * STORAGE_BYTES);
}

void load_next()
{
    uint count = second ? SECOND_CHANNELS : channels;
    load_tile(k + gl_LocalInvocationID.x / TILE_ROWS * (TILE_DEPTH / 2), count);
    origin += TILE_DEPTH * STORAGE_BYTES;
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

void multiply()
{
    uint first_row = row_tile() * TILE_ROWS;
    own = row_at(min(first_row + gl_LocalInvocationID.x % TILE_ROWS, rows - 1));
    tap = first_tap();
    second = false;
    k = 0;
    panel = weight + uint64_t(packed_panel()) * depth * (TILE_COLUMNS * (WEIGHTS / 8)) + gl_LocalInvocationID.x * B_BYTES;
    vectors = !SCALAR_LOADS && (!SLICED || ((x | (HAS_SECOND ? SECOND : 0ul)) & 15) == 0);
    [[unroll]] for (uint i = 0; i < ROWS * COLUMNS; i++) sums[i] = 0.0;

    seek();
    load_next();
    uint steps_left = depth / TILE_DEPTH;
    do
    {
        barrier();
        share_tile();
        barrier();
        steps_left--;
        if (steps_left > 0) load_next();
        multiply_tile();
    } while (steps_left > 0);

    finish(first_row + gl_LocalInvocationID.x / 16 * ROWS);
}
