// The loop of the family "gather": sums of ROWS rows of A and a panel of COLUMNS LANES columns of B, both read by 64-bit gathers; its
// ladder is in matrix_gather.glsl. STORAGE is A's type, WEIGHTS B's, and B is packed [K / B_WIDTH][PANEL][B_WIDTH]. Needs sums, PANEL,
// SCALAR_LOADS and CHANNEL_TAIL, and what cut.glsl needs.
#include "cut.glsl"

#define A_WIDTH (8 / STORAGE_BYTES)
#define B_WIDTH (64 / WEIGHTS)
#define B_BYTES (WEIGHTS / 8)
#define LINE 64

const uint GROUP_ROWS = LANES < 8 ? 2 : 4;
const uint GROUPS = ROWS / GROUP_ROWS;              // gathers of A per block
const uint BLOCK = A_WIDTH * (LANES / GROUP_ROWS);  // k of one gather of A
const uint TURN = BLOCK < 8 ? 8 : BLOCK;            // k per turn of the loop
const uint PIECES = BLOCK < B_WIDTH ? 1 : BLOCK / B_WIDTH; // gathers of each vector of B per block

// 16 lanes keep a block of B and go through it with GROUP_ROWS rows at a time, so that sums are loaded and stored once a block.
const bool BY_GROUPS = LANES >= 16;

// A gather from a line that is not in the cache yet takes three times as long, and one after the other waits: the lines of so many turns are
// touched at once before they begin.
const uint TURNS_TOUCHED = 4;
const uint TURN_BYTES = TURN * PANEL * B_BYTES;
const uint LINES_TOUCHED = (TURNS_TOUCHED * TURN_BYTES + LINE - 1) / LINE;

#include "bits.glsl"

// 0 without the compiler's knowing. LLVM 15 takes the upper half of 16 lanes' 64 bits apart lane by lane, if it may combine the shifts.
uint nothing = BY_GROUPS && NEVER ? 1 : 0;

vec4 halves(uint64_t bits)
{
    uvec2 words = unpack32(bits);
    words.y ^= nothing;
    return vec4(vec2(unpackFloat2x16(words.x)), vec2(unpackFloat2x16(words.y)));
}

vec4 singles(uint64_t bits) { return vec4(uintBitsToFloat(unpack32(bits)), 0.0, 0.0); }

#if STORAGE == 16
#define FROM_A(bits) halves(bits)
#else
#define FROM_A(bits) singles(bits)
#endif
#if WEIGHTS == 16
#define FROM_B(bits) halves(bits)
#else
#define FROM_B(bits) singles(bits)
#endif

// A_WIDTH channels of a row from channel `c` on; `origin` is the row's address. Zero behind `count` and if not `inside`.
vec4 load_row(uint64_t origin, uint c, uint count, bool inside)
{
    if (SCALAR_LOADS)
    {
        vec4 values = vec4(0.0);
        [[unroll]] for (uint e = 0; e < A_WIDTH; e++)
        {
            float value = load(origin, c + e < count ? c + e : 0);
            values[e] = inside && c + e < count ? value : 0.0;
        }
        return values;
    }

    bool keep = inside && (!CHANNEL_TAIL || c < count);
    uint64_t bits = Bits64(origin + (!CHANNEL_TAIL || c < count ? c * STORAGE_BYTES : 0)).v[0];
    return FROM_A(keep ? bits : 0ul);
}

// B_WIDTH k from `k` on of the lane's vector `j` of columns.
vec4 load_columns(uint64_t own, uint k, uint j) { return FROM_B(Bits64(own + (k * PANEL + j * LANES * B_WIDTH) * B_BYTES).v[0]); }

// Adds one k of row `r`: the `i`-th of the group's A, times the `e`-th of each of b.
void add_product(uint r, vec4 a, uint i, vec4 b[COLUMNS], uint e)
{
    float value = subgroupBroadcast(a[i % A_WIDTH], r % GROUP_ROWS + GROUP_ROWS * (i / A_WIDTH));
    [[unroll]] for (uint j = 0; j < COLUMNS; j++) sums[r * COLUMNS + j] += value * b[j][e];
}

void add_block_by_k(uint64_t origin[GROUPS], bool inside[GROUPS], uint64_t own, uint k, uint c, uint count)
{
    vec4 a[GROUPS];
    [[unroll]] for (uint g = 0; g < GROUPS; g++) a[g] = load_row(origin[g], c, count, inside[g]);
    vec4 b[COLUMNS];
    [[unroll]] for (uint i = 0; i < BLOCK; i++)
    {
        if (i % B_WIDTH == 0)
        {
            [[unroll]] for (uint j = 0; j < COLUMNS; j++) b[j] = load_columns(own, k + i, j);
        }
        [[unroll]] for (uint r = 0; r < ROWS; r++) add_product(r, a[r / GROUP_ROWS], i, b, i % B_WIDTH);
    }
}

void add_block_by_groups(uint64_t origin[GROUPS], bool inside[GROUPS], uint64_t own, uint k, uint c, uint count)
{
    vec4 b[PIECES][COLUMNS];
    [[unroll]] for (uint i = 0; i < PIECES; i++)
    {
        [[unroll]] for (uint j = 0; j < COLUMNS; j++) b[i][j] = load_columns(own, k + i * B_WIDTH, j);
    }
    [[unroll]] for (uint g = 0; g < GROUPS; g++)
    {
        vec4 a = load_row(origin[g], c, count, inside[g]);
        [[unroll]] for (uint i = 0; i < BLOCK; i++)
        {
            [[unroll]] for (uint r = 0; r < GROUP_ROWS; r++) add_product(g * GROUP_ROWS + r, a, i, b[i / B_WIDTH], i % B_WIDTH);
        }
        cut_rows(g * GROUP_ROWS, GROUP_ROWS);
    }
}

uint touch_lines(uint64_t panel, uint first, uint last)
{
    uint all = 0;
    [[unroll]] for (uint line = 0; line < LINES_TOUCHED; line += LANES)
        all |= Bits32(panel + min(first + (line + gl_SubgroupInvocationID) * LINE, last)).v[0];
    return all;
}

// Adds `count` channels of the rows at the lanes' addresses, zeros for those not `inside`, times as many k of the panel, padded to whole
// turns; `panel` is left behind them.
void gather_product(uint64_t origin[GROUPS], bool inside[GROUPS], inout uint64_t panel, uint count)
{
    uint lane_channel = gl_SubgroupInvocationID / GROUP_ROWS * A_WIDTH;
    uint64_t own = panel + gl_SubgroupInvocationID * 8;
    uint k = 0, touched = 0, last = (count - 1) / TURN * TURN_BYTES;
    do
    {
        if (BY_GROUPS && k % (TURNS_TOUCHED * TURN) == 0) touched |= touch_lines(panel, (k / TURN + 1) * TURN_BYTES, last);
        [[unroll]] for (uint block = 0; block < TURN; block += BLOCK)
        {
            if (BY_GROUPS)
            {
                add_block_by_groups(origin, inside, own, block, k + block + lane_channel, count);
            }
            else
            {
                if (block > 0) cut();
                add_block_by_k(origin, inside, own, block, k + block + lane_channel, count);
            }
        }
        own += TURN_BYTES;
        k += TURN;
    } while (k < count);
    panel = own - gl_SubgroupInvocationID * 8;
    if (BY_GROUPS) sums[0] += float(touched & nothing);
}
