// What happens to a product on its way out: bias, shift, activation or GEGLU, residual, store.
//
// Needs ROWS and COLUMNS (what one invocation holds), sums[ROWS * COLUMNS], and column_at(j): the output column of the
// invocation's j-th sum. For GEGLU the first half of COLUMNS are values and the second half their gates.
// Rows of one invocation follow each other, so the group of `shift` is found by counting, not by dividing.
#include "activation.glsl"

const bool GEGLU = ACTIVATION == ACTIVATION_GEGLU;
const uint OUTPUTS = GEGLU ? COLUMNS / 2 : COLUMNS;

uint column_at(uint j);

void finish(uint first_row)
{
    float biases[COLUMNS];
    [[unroll]] for (uint j = 0; j < COLUMNS; j++)
    {
        uint column = GEGLU && j >= OUTPUTS ? columns + min(column_at(j - OUTPUTS), columns - 1) : min(column_at(j), columns - 1);
        biases[j] = HAS_BIAS ? load_f32(bias, column) : 0.0;
    }

    uint group = HAS_SHIFT ? first_row / shift_rows : 0;
    uint group_end = HAS_SHIFT ? (group + 1) * shift_rows : 0;
    uint64_t target = y + uint64_t(batch_row() + first_row) * y_stride * STORAGE_BYTES;
    uint64_t addend = residual + uint64_t(first_row) * residual_stride * STORAGE_BYTES;
    [[unroll]] for (uint r = 0; r < ROWS; r++)
    {
        bool next = HAS_SHIFT && first_row + r >= group_end;
        group += next ? 1 : 0;
        group_end += next ? shift_rows : 0;
        [[unroll]] for (uint j = 0; j < OUTPUTS; j++)
        {
            uint column = column_at(j);
            float value = sums[r * COLUMNS + j] + biases[j];
            if (first_row + r < rows && column < columns)
            {
                if (HAS_SHIFT) value += load_f32(shift + uint64_t(group) * shift_stride * 4, column);
                value = GEGLU ? value * gelu_erf(sums[r * COLUMNS + OUTPUTS + j] + biases[OUTPUTS + j]) : activate(value, int(ACTIVATION));
                if (HAS_RESIDUAL) value += load(addend, column);
                store(target, column, value);
            }
        }
        target += y_stride * STORAGE_BYTES;
        addend += residual_stride * STORAGE_BYTES;
    }
}
