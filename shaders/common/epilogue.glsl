// What happens to a product on its way out: bias, frame, shift, activation or GEGLU, residual, store.
//
// Needs ROWS and COLUMNS (what one invocation holds), sums[ROWS * COLUMNS], and column_at(j): the output column of the
// invocation's j-th sum. For GEGLU the first half of COLUMNS are values and the second half their gates.
// Rows of one invocation follow each other, so the group of `shift` is found by counting, not by dividing.
#include "activation.glsl"

const bool GEGLU = ACTIVATION == ACTIVATION_GEGLU;
const uint OUTPUTS = GEGLU ? COLUMNS / 2 : COLUMNS;

uint column_at(uint j);

// STORE_WIDTH: how many neighbouring columns an invocation stores at once. A Pair is two of them.
#ifdef MATRIX_ON_CPU
#include "bits.glsl"

const uint STORE_WIDTH = 2 - OUTPUTS % 2; // as MatrixTiling.Pairs has the weights packed

// Where the column of the lane's vector `j` stands in the panel: so far behind that of its first.
uint column_step(uint j) { return STORE_WIDTH == 2 ? j / 2 * (2 * LANES) + j % 2 : j * LANES; }

uint lane_column(uint j) { return column_step(j) + STORE_WIDTH * gl_SubgroupInvocationID; }

// A CPU driver scatters the elements of a vector one after the other, so a pair is one element.
#if STORAGE == 16
vec2 load_pair(uint64_t address) { return vec2(unpackFloat2x16(Bits32(address).v[0])); }
void store_pair(uint64_t address, vec2 value) { Bits32(address).v[0] = packFloat2x16(f16vec2(value)); }
#else
vec2 load_pair(uint64_t address) { return uintBitsToFloat(unpack32(Bits64(address).v[0])); }
void store_pair(uint64_t address, vec2 value) { Bits64(address).v[0] = join64(floatBitsToUint(value)); }
#endif
#else
uint column_step(uint j) { return 0; } // no whole panels
#ifdef COLUMN_PAIRS
#define STORE_WIDTH 2
#else
#define STORE_WIDTH 1
#endif

#if STORAGE == 16
layout(buffer_reference, scalar, buffer_reference_align = 4) buffer Pair { f16vec2 v; };
vec2 load_pair(uint64_t address) { return vec2(Pair(address).v); }
void store_pair(uint64_t address, vec2 value) { Pair(address).v = f16vec2(value); }
#else
layout(buffer_reference, scalar, buffer_reference_align = 8) buffer Pair { vec2 v; };
vec2 load_pair(uint64_t address) { return Pair(address).v; }
void store_pair(uint64_t address, vec2 value) { Pair(address).v = value; }
#endif
#endif

// Adds the residual and stores STORE_WIDTH values from `column` on, as a pair where rows are aligned.
void finish_columns(uint64_t target, uint64_t addend, uint column, float values[STORE_WIDTH])
{
    if (STORE_WIDTH == 2 && !SCALAR_STORES)
    {
        if (HAS_RESIDUAL && SLICED && (residual & (2 * STORAGE_BYTES - 1)) != 0)
        {
            [[unroll]] for (uint e = 0; e < STORE_WIDTH; e++) values[e] += load(addend, column + e);
        }
        else if (HAS_RESIDUAL)
        {
            vec2 more = load_pair(addend + column * STORAGE_BYTES);
            [[unroll]] for (uint e = 0; e < STORE_WIDTH; e++) values[e] += more[e];
        }
        store_pair(target + column * STORAGE_BYTES, vec2(values[0], values[STORE_WIDTH - 1]));
        return;
    }
    [[unroll]] for (uint e = 0; e < STORE_WIDTH; e++)
    {
        if (WHOLE_PANELS || column + e < columns) store(target, column + e, values[e] + (HAS_RESIDUAL ? load(addend, column + e) : 0.0));
    }
}

// What a frame makes of a value: the table of factors stands behind the bias, that of offsets behind the factors.
float in_frame(float value, uint frame, uint column)
{
    return value * load_f32(bias + uint64_t((1 + frame) * columns) * 4, column) + load_f32(bias + uint64_t((1 + FRAMES + frame) * columns) * 4, column);
}

// Rows behind the last compute it again. On a CPU driver they may store it again, too, unless a residual could be read in its place: without a
// branch for each pair of values the epilogue is half as long.
const bool REPEATS_LAST = WHOLE_PANELS && !HAS_RESIDUAL;

// Where sum `j` is stored, in columns behind the address.
uint place(uint j) { return WHOLE_PANELS ? column_step(j) : column_at(j); }
uint parameter_column(uint column) { return WHOLE_PANELS ? column : min(column, columns - 1); }

void finish(uint tile_row)
{
    uint first_row = REPEATS_LAST ? min(tile_row, rows - 1) : tile_row; // a walk's last tiles may be behind all rows
    float biases[COLUMNS];
    [[unroll]] for (uint j = 0; j < COLUMNS; j++)
    {
        uint column = GEGLU && j >= OUTPUTS ? columns + parameter_column(column_at(j - OUTPUTS)) : parameter_column(column_at(j));
        biases[j] = HAS_BIAS ? load_f32(bias, column) : 0.0;
    }

    uint group = HAS_SHIFT ? first_row / shift_rows : 0;
    uint group_end = HAS_SHIFT ? (group + 1) * shift_rows : 0;
    uint frame = IN_FRAMES ? first_row / FRAME_ROWS : 0;
    uint frame_end = IN_FRAMES ? (frame + 1) * FRAME_ROWS : 0;
    frame = IN_FRAMES ? frame % FRAMES : 0;
    uint column = WHOLE_PANELS ? column_at(0) : 0;
    uint64_t target = y + (uint64_t(batch_row() + first_row) * y_stride + column) * STORAGE_BYTES;
    uint64_t addend = residual + (uint64_t(first_row) * residual_stride + column) * STORAGE_BYTES;
    [[unroll]] for (uint r = 0; r < ROWS; r++)
    {
        bool has_row = REPEATS_LAST || first_row + r < rows;
        uint row = REPEATS_LAST ? min(first_row + r, rows - 1) : first_row + r;
        bool next = HAS_SHIFT && row >= group_end;
        group += next ? 1 : 0;
        group_end += next ? shift_rows : 0;
        bool next_frame = IN_FRAMES && row >= frame_end;
        frame = next_frame ? (frame + 1) % FRAMES : frame;
        frame_end += next_frame ? FRAME_ROWS : 0;
        if (!WHOLE_PANELS || has_row)
        {
            [[unroll]] for (uint j = 0; j < OUTPUTS; j += STORE_WIDTH)
            {
                if (!WHOLE_PANELS && !(has_row && column_at(j) < columns)) continue;
                float values[STORE_WIDTH];
                [[unroll]] for (uint e = 0; e < STORE_WIDTH; e++)
                {
                    uint at = r * COLUMNS + j + e;
                    float value = sums[at] + biases[j + e];
                    if (IN_FRAMES) value = in_frame(value, frame, parameter_column(column_at(j) + e));
                    if (HAS_SHIFT) value += load_f32(shift + uint64_t(group) * shift_stride * 4, parameter_column(column_at(j) + e));
                    values[e] = GEGLU ? value * gelu_erf(sums[at + OUTPUTS] + biases[j + e + OUTPUTS]) : activate(value, int(ACTIVATION));
                }
                finish_columns(target, addend, place(j), values);
            }
        }
        target += !REPEATS_LAST || first_row + r + 1 < rows ? y_stride * STORAGE_BYTES : 0;
        addend += residual_stride * STORAGE_BYTES;
    }
}
