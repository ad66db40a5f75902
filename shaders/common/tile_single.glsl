// A tile of the family "tiled" in fp32: for fp32 activations, with fp32 or fp16 weights.
//
// Ladder: v1 registers ahead of shared memory, one buffer, two barriers per tile. Compiled by RADV for gfx1151 and rembrandt
// (not run there): 96 and 80 VGPRs, 10 and 12 waves per SIMD, no spills, 512 fma and vector reads of shared memory per tile.

#define TILE_DEPTH 16
#define B_BYTES (WEIGHTS / 2) // of a quad

const uint B_QUADS = TILE_DEPTH * TILE_COLUMNS / 4 / WORKGROUP_SIZE;

layout(buffer_reference, scalar, buffer_reference_align = 16) readonly buffer Quad32 { vec4 v; };
layout(buffer_reference, scalar, buffer_reference_align = 8) readonly buffer Quad16 { uvec2 v; };

vec4 load_quad16(uint64_t address)
{
    uvec2 words = Quad16(address).v;
    return vec4(unpackHalf2x16(words.x), unpackHalf2x16(words.y));
}

vec4 load_quad32(uint64_t address) { return Quad32(address).v; }

#if WEIGHTS == 16
#define LOAD_QUAD_B load_quad16
#else
#define LOAD_QUAD_B load_quad32
#endif

shared float tile_a[TILE_DEPTH * A_PITCH];
shared float tile_b[TILE_DEPTH * TILE_COLUMNS];

// The registers the next tile waits in.
vec4 next_a[2];
vec4 next_b[B_QUADS];

// Four channels from `c` on, at `from`: zero behind `count` and outside of the image.
vec4 load_channels(uint64_t from, uint c, uint count)
{
    vec4 values = vec4(0.0);
    if (vectors)
    {
        if (inside && c < count) values = load_quad32(from);
    }
    else
    {
        [[unroll]] for (uint e = 0; e < 4; e++)
        {
            if (inside && c + e < count) values[e] = load(from, e);
        }
    }
    return values;
}

void load_tile(uint c, uint count)
{
    next_a[0] = load_channels(origin, c, count);
    next_a[1] = load_channels(origin + 16, c + 4, count);
    [[unroll]] for (uint i = 0; i < B_QUADS; i++) next_b[i] = LOAD_QUAD_B(panel + i * (WORKGROUP_SIZE * B_BYTES));
}

void share_tile()
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
