#version 460
// resize_bilinear: y = x enlarged `factor` times, each pixel a mean of the nearest two by two; corners are not aligned.
//
// x [images, height, width, C] in STORAGE with row stride -> y [images, factor * height, factor * width, C], contiguous.
// Constants: 0 workgroup size.
// Ladder: v1 four values per invocation.
#include "common/types.glsl"
#include "common/flat.glsl"

#define VALUES 4

layout(push_constant, scalar) uniform Push
{
    uint64_t x;
    uint64_t y;
    uint count;
    uint channels;
    uint row_stride;
    uint height;
    uint width;
    uint factor;
    uint fold;
};

// The pixel before a new one along a side, and how far that lies towards the next pixel.
float source_of(uint at, out uint before)
{
    float source = max(0.0, (float(at) + 0.5) / float(factor) - 0.5);
    before = uint(source);
    return source - float(before);
}

float pixel(uint row, uint column) { return load(x + uint64_t(row) * row_stride * STORAGE_BYTES, column); }

void main()
{
    uint first = flat_first(VALUES, fold), out_width = factor * width, out_height = factor * height;
    [[unroll]] for (uint j = 0; j < VALUES; j++)
    {
        uint i = first + j * WORKGROUP_SIZE;
        if (i < count)
        {
            uint row = i / channels, column = i - row * channels, line = row / out_width, image = line / out_height;
            uint top, left;
            float down = source_of(line - image * out_height, top), across = source_of(row - line * out_width, left);
            uint bottom = min(top + 1, height - 1), right = min(left + 1, width - 1);
            uint upper = (image * height + top) * width, lower = (image * height + bottom) * width;
            float above = mix(pixel(upper + left, column), pixel(upper + right, column), across);
            float below = mix(pixel(lower + left, column), pixel(lower + right, column), across);
            store(y, i, mix(above, below, down));
        }
    }
}
