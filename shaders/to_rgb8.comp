#version 460
// to_rgb8: y = truncate((clamp(x, -1, 1) + 1) / 2 * 255) as bytes; NaN becomes 0.
//
// x [pixels, 3] in STORAGE with row stride, y [pixels, 3] u8. Addition, halving and the product are each exact to the last
// bit (precise: no fused multiply-add), so the bytes are those of the reference.
// Constants: 0 workgroup size.
// Ladder: v1 eight bytes per invocation.
#include "common/types.glsl"
#include "common/flat.glsl"

#define VALUES 8
#define CHANNELS 3

layout(push_constant, scalar) uniform Push
{
    uint64_t x;
    uint64_t y;
    uint count;
    uint row_stride;
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
            float value = load(slice_address(x, i, CHANNELS, row_stride, STORAGE_BYTES), 0);
            precise float unit = (clamp(value, -1.0, 1.0) + 1.0) * 0.5;
            precise float level = unit * 255.0;
            U8(y).v[i] = uint8_t(isnan(value) ? 0u : uint(level));
        }
    }
}
