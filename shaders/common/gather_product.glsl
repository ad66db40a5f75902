// The loop of the family "gather": sums of ROWS rows of A and a panel of COLUMNS LANES columns of B, both read by 64-bit gathers; its
// ladder is in matrix_gather.glsl. STORAGE is A's type, WEIGHTS B's, and B is packed [K / B_WIDTH][PANEL][B_WIDTH]. Needs sums, PANEL,
// SCALAR_LOADS and CHANNEL_TAIL, and what cut.glsl needs.
#include "cut.glsl"

#define A_WIDTH (8 / STORAGE_BYTES)
#define B_WIDTH (64 / WEIGHTS)
#define B_BYTES (WEIGHTS / 8)

const uint GROUP_ROWS = LANES < 8 ? 2 : 4;
const uint GROUPS = ROWS / GROUP_ROWS;              // gathers of A per block
const uint BLOCK = A_WIDTH * (LANES / GROUP_ROWS);  // k of one gather of A
const uint TURN = LANES < 8 ? 8 : LANES;            // k per turn of the loop

#include "bits.glsl"

vec4 halves(uint64_t bits)
{
    uvec2 words = unpack32(bits);
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

// Adds `count` channels of the rows at the lanes' addresses, zeros for those not `inside`, times as many k of the panel, padded to whole
// turns; `panel` is left behind them.
void gather_product(uint64_t origin[GROUPS], bool inside[GROUPS], inout uint64_t panel, uint count)
{
    uint lane_channel = gl_SubgroupInvocationID / GROUP_ROWS * A_WIDTH;
    uint64_t own = panel + gl_SubgroupInvocationID * 8;
    uint k = 0;
    do
    {
        [[unroll]] for (uint block = 0; block < TURN; block += BLOCK)
        {
            if (block > 0) cut();
            vec4 a[GROUPS];
            vec4 b[COLUMNS];
            [[unroll]] for (uint g = 0; g < GROUPS; g++) a[g] = load_row(origin[g], k + block + lane_channel, count, inside[g]);
            [[unroll]] for (uint i = 0; i < BLOCK; i++)
            {
                if (i % B_WIDTH == 0)
                {
                    [[unroll]] for (uint j = 0; j < COLUMNS; j++)
                        b[j] = FROM_B(Bits64(own + ((block + i) * PANEL + j * LANES * B_WIDTH) * B_BYTES).v[0]);
                }
                [[unroll]] for (uint r = 0; r < ROWS; r++)
                {
                    float value = subgroupBroadcast(a[r / GROUP_ROWS][i % A_WIDTH], r % GROUP_ROWS + GROUP_ROWS * (i / A_WIDTH));
                    [[unroll]] for (uint j = 0; j < COLUMNS; j++) sums[r * COLUMNS + j] += value * b[j][i % B_WIDTH];
                }
            }
        }
        own += TURN * PANEL * B_BYTES;
        k += TURN;
    } while (k < count);
    panel = own - gl_SubgroupInvocationID * 8;
}
