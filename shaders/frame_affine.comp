#version 460
// frame_affine: y[b,f,h,w,c] = factor[f,c] * x[b,f,h,w,c] + offset[f,c] + addend[b,f,h,w,c].
//
// x and addend [B, F, H, W, C] in STORAGE, each with its row stride; factor and offset [F, C] fp32; y contiguous. A row is one
// pixel; frame_rows = H * W of them are a frame, and frames repeat for each video of the batch.
// Constants: 0 workgroup size, 1 PRESENT: 1 factor, 2 offset, 4 addend.
// Ladder: v1 eight values per invocation, as elementwise.
#include "common/types.glsl"
#include "common/flat.glsl"

#define VALUES 8

layout(constant_id = 1) const uint PRESENT = 7;

const bool HAS_FACTOR = (PRESENT & 1u) != 0;
const bool HAS_OFFSET = (PRESENT & 2u) != 0;
const bool HAS_ADDEND = (PRESENT & 4u) != 0;

layout(push_constant, scalar) uniform Push
{
    uint64_t x;
    uint64_t factor;
    uint64_t offset;
    uint64_t addend;
    uint64_t y;
    uint count;
    uint channels;
    uint frame_rows;
    uint frames;
    uint x_row_stride;
    uint addend_row_stride;
    uint fold;
};

void main()
{
    uint first = flat_first(VALUES, fold);
    [[unroll]] for (uint j = 0; j < VALUES; j++)
    {
        uint i = first + j * WORKGROUP_SIZE;
        if (i < count)
        {
            uint row = i / channels, column = i - row * channels;
            uint in_table = row / frame_rows % frames * channels + column;
            float value = load(x + uint64_t(row) * x_row_stride * STORAGE_BYTES, column);
            if (HAS_FACTOR) value *= load_f32(factor, in_table);
            if (HAS_OFFSET) value += load_f32(offset, in_table);
            if (HAS_ADDEND) value += load(addend + uint64_t(row) * addend_row_stride * STORAGE_BYTES, column);
            store(y, i, value);
        }
    }
}
