#version 460
// elementwise: y = alpha * a (copy and cast), alpha * (a + b), or silu(a).
//
// a and b [rows, channels] in STORAGE, each with its row stride; y contiguous in OUTPUT. Rows of equal width and stride are
// one line (contiguous = 1), which spares the division per element. The operation is a uniform branch: one pipeline for all.
// Constants: 0 workgroup size.
// Ladder: v1 eight values per invocation without a loop, so that CPU drivers run them as straight code.
#include "common/types.glsl"
#include "common/activation.glsl"
#include "common/flat.glsl"

#define VALUES 8
#define OPERATION_COPY 0
#define OPERATION_ADD 1
#define OPERATION_SILU 2

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
    uint operation;
    float alpha;
    uint fold;
};

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
            if (operation == OPERATION_SILU) value = silu(value);
            else if (operation == OPERATION_ADD) value = alpha * (value + load_at(b, i, b_row_stride));
            else value *= alpha;
            store(y, i, value);
        }
    }
}
