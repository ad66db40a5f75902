// The way out of a cooperative matrix: the same as epilogue.glsl, for accumulators whose layout is the device's own.
//
// A subgroup stores a row of its tiles to shared memory; each lane then takes units of 8 columns of one row.
// Needs the names of matrix_coopmat.glsl. For GEGLU the first half of TILES_N are values and the second half their gates.

const uint TILE_UNITS = TILE_N / WIDTH; // of a tile's row
const uint ROW_TILES = GEGLU ? TILES_N / 2 : TILES_N;
const uint ROW_UNITS = ROW_TILES * TILE_UNITS;
const uint UNITS = TILE_M * ROW_UNITS;
const uint LANE_UNITS = (UNITS + LANES - 1) / LANES;

layout(buffer_reference, scalar, buffer_reference_align = 4) readonly buffer Four32 { vec4 v; };

void read_unit(uint from, out float values[WIDTH])
{
    [[unroll]] for (uint e = 0; e < WIDTH; e += 4)
    {
        vec4 four = uintBitsToFloat(stage[from + e / 4]);
        [[unroll]] for (uint i = 0; i < 4; i++) values[e + i] = four[i];
    }
}

// Eight fp32 values from `address` on, `count` of them if the last unit of a row is not whole.
void read_singles(uint64_t address, uint count, out float values[WIDTH])
{
    [[unroll]] for (uint e = 0; e < WIDTH; e++)
    {
        if (SCALAR_STORES) values[e] = e < count ? F32(address).v[e] : 0.0;
        else values[e] = Four32(address + e / 4 * 16).v[e % 4];
    }
}

// The same of fp16 values; they may start anywhere.
void read_halves(uint64_t address, uint count, bool together, out float values[WIDTH])
{
    uvec4 bits = together ? Vector(address).v : uvec4(0);
    [[unroll]] for (uint e = 0; e < WIDTH; e++)
        values[e] = together ? float(unpackFloat2x16(bits[e / 2])[e % 2]) : e < count ? float(F16(address).v[e]) : 0.0;
}

// Columns `column` to `column` + 7 of one row; with SCALAR_STORES only those before `columns`, which then is no multiple of 8.
void finish_unit(uint from, uint row, uint column)
{
    float values[WIDTH], addends[WIDTH];
    read_unit(from, values);
    uint count = SCALAR_STORES ? min(WIDTH, columns - column) : WIDTH;
    if (HAS_BIAS)
    {
        read_singles(bias + column * 4, count, addends);
        [[unroll]] for (uint e = 0; e < WIDTH; e++) values[e] += addends[e];
    }
    if (IN_FRAMES)
    {
        uint frame = row / FRAME_ROWS % FRAMES;
        read_singles(bias + uint64_t((1 + frame) * columns + column) * 4, count, addends);
        [[unroll]] for (uint e = 0; e < WIDTH; e++) values[e] *= addends[e];
        read_singles(bias + uint64_t((1 + FRAMES + frame) * columns + column) * 4, count, addends);
        [[unroll]] for (uint e = 0; e < WIDTH; e++) values[e] += addends[e];
    }
    if (HAS_SHIFT)
    {
        read_singles(shift + uint64_t(row / shift_rows) * (shift_stride * 4) + column * 4, count, addends);
        [[unroll]] for (uint e = 0; e < WIDTH; e++) values[e] += addends[e];
    }
    if (GEGLU)
    {
        float gates[WIDTH];
        read_unit(from + TILES_N / 2 * (TILE_M * OUT_PITCH), gates);
        if (HAS_BIAS) read_singles(bias + (columns + column) * 4, count, addends);
        [[unroll]] for (uint e = 0; e < WIDTH; e++) values[e] *= gelu_erf(gates[e] + (HAS_BIAS ? addends[e] : 0.0));
    }
    else
    {
        [[unroll]] for (uint e = 0; e < WIDTH; e++) values[e] = activate(values[e], int(ACTIVATION));
    }
    if (HAS_RESIDUAL)
    {
        bool together = !SCALAR_STORES && (!SLICED || (residual & 15) == 0);
        read_halves(residual + uint64_t(row) * (residual_stride * 2) + column * 2, count, together, addends);
        [[unroll]] for (uint e = 0; e < WIDTH; e++) values[e] += addends[e];
    }

    uint64_t target = y + uint64_t(row) * (y_stride * 2) + column * 2;
    uvec4 bits;
    [[unroll]] for (uint e = 0; e < WIDTH; e += 2) bits[e / 2] = packFloat2x16(f16vec2(values[e], values[e + 1]));
    if (!SCALAR_STORES)
    {
        Vector(target).v = bits;
    }
    else
    {
        [[unroll]] for (uint e = 0; e < WIDTH; e++)
        {
            if (e < count) F16(target).v[e] = float16_t(values[e]);
        }
    }
}

void finish(uint first_row)
{
    uint region = gl_SubgroupID * (TILES_N * TILE_M * OUT_PITCH);
    uint first_column = panel_index() * (GEGLU ? PANEL / 2 : PANEL) + gl_SubgroupID % SUBGROUPS_N * TILE_N;
    first_row += gl_SubgroupID / SUBGROUPS_N * (TILES_M * TILE_M);
    [[unroll]] for (uint i = 0; i < TILES_M; i++)
    {
        [[unroll]] for (uint j = 0; j < TILES_N; j++)
            coopMatStore(sums[i * TILES_N + j], stage, region + j * (TILE_M * OUT_PITCH), OUT_PITCH, gl_CooperativeMatrixLayoutRowMajor);
        subgroupBarrier();
        [[unroll]] for (uint u = 0; u < LANE_UNITS; u++)
        {
            uint unit = gl_SubgroupInvocationID + u * LANES;
            uint row = unit / ROW_UNITS;
            uint tile = unit % ROW_UNITS / TILE_UNITS;
            uint part = unit % TILE_UNITS;
            uint column = first_column + tile * (PANEL / TILES_N) + part * WIDTH;
            if ((UNITS % LANES == 0 || unit < UNITS) && first_row + i * TILE_M + row < rows && column < columns)
                finish_unit(region + (tile * TILE_M + row) * OUT_PITCH + part * (WIDTH / 4), first_row + i * TILE_M + row, column);
        }
        subgroupBarrier();
    }
}
