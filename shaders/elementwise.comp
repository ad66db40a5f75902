#version 460
// elementwise: y = alpha * a (copy and cast), alpha * (a + b), silu(a), max(a, 0), or gelu_tanh(a) * b.
//
// a and b [rows, channels] in STORAGE, each with its row stride; y contiguous in OUTPUT. Rows of equal width and stride are
// one line (contiguous = 1), which spares the division per element.
// Constants: 0 workgroup size, 1 OPERATION.
// Ladder: v1 eight values per invocation without a loop, so that CPU drivers run them as straight code, the operation a uniform
// branch; v2 a constant: ACO's code for a copy shrinks with every operation it need not hold.
#include "common/types.glsl"
#include "common/activation.glsl"
#include "common/flat.glsl"

#define VALUES 8
#define OPERATION_COPY 0
#define OPERATION_ADD 1
#define OPERATION_SILU 2
#define OPERATION_RELU 3
#define OPERATION_GATED_GELU 4

layout(constant_id = 1) const uint OPERATION = OPERATION_COPY;

layout(push_constant, scalar) uniform Push
{
    uint64_t a;
    uint64_t b;
    uint64_t y;
    uint count;
    uint channels;
    uint a_row_stride;
    uint b_row_stride;
    uint contiguous;
    float alpha;
    uint fold;
};

// torch.nn.functional.gelu(x, approximate="tanh"). tanh saturates; its argument is bounded so that no exponential overflows.
float gelu_tanh(float x)
{
    float inner = clamp(0.79788456080286536 * (x + 0.044715 * x * x * x), -15.0, 15.0);
    return 0.5 * x * (1.0 + tanh(inner));
}

float load_at(uint64_t base, uint i, uint row_stride)
{
    return contiguous != 0 ? load(base, i) : load(slice_address(base, i, channels, row_stride, STORAGE_BYTES), 0);
}

void main()
{
    uint first = flat_first(VALUES, fold);
    [[unroll]] for (uint j = 0; j < VALUES; j++)
    {
        uint i = first + j * WORKGROUP_SIZE;
        if (i < count)
        {
            float value = load_at(a, i, a_row_stride);
            if (OPERATION == OPERATION_SILU) value = silu(value);
            else if (OPERATION == OPERATION_ADD) value = alpha * (value + load_at(b, i, b_row_stride));
            else if (OPERATION == OPERATION_RELU) value = max(value, 0.0);
            else if (OPERATION == OPERATION_GATED_GELU) value = gelu_tanh(value) * load_at(b, i, b_row_stride);
            else value *= alpha;
            store(y, i, value);
        }
    }
}
