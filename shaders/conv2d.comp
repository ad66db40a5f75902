#version 460
// conv2d: y = activation(conv(x ++ x2, W) + bias + shift) + residual over images, channels last.
//
// x [images, H, W, C0] and x2 [images, H, W, C1] (concatenated behind x without a copy), each with a row stride; W packed
// from [N, k, k, C0 + C1]; bias [N] and shift [groups, N] fp32; residual [images, Ho, Wo, N] -> y [images, Ho, Wo, N].
// Any odd kernel size, stride, zero padding; with upsampling the kernel walks the nearest-x2 image of x, which is never
// stored. Row r of the output uses shift[r / shift_rows]. With frames > 0 the bias is [1 + 2 frames, N]: bias, factors, offsets,
// and image i gives factor[i % frames] * (conv + bias) + offset[i % frames] (the feature IN_FRAMES).
// geometry: kernel size | stride << 8 | padding at the top and left << 16 | log2(upsampling) << 24.
// The loops, constants and the ladder of each family are in common/matrix_*.glsl and common/tile_*.glsl.
#include "common/types.glsl"

layout(push_constant, scalar) uniform Push
{
    uint64_t x;
    uint64_t weight;
    uint64_t bias;
    uint64_t shift;
    uint64_t residual;
    uint64_t x2;
    uint64_t y;
    uint rows;
    uint columns;
    uint fold;
    uint depth;
    uint channels;
    uint x_stride;
    uint residual_stride;
    uint y_stride;
    uint shift_rows;
    uint shift_stride;
    uint channels2;
    uint x2_stride;
    uint height;
    uint width;
    uint out_height;
    uint out_width;
    uint geometry;
    uint frames;
};

#define FRAMES frames
#define FRAME_ROWS (out_height * out_width)
#define SECOND x2
#define SECOND_CHANNELS channels2
#define SECOND_STRIDE x2_stride
#include "common/matrix.glsl"

// First row of the image in x, and where the kernel's first tap falls in the (upsampled) image.
struct Row { uint image; int top; int left; };
struct Tap { int y; int x; };

Row row_at(uint row)
{
    uint line = row / out_width;
    uint image = line / out_height;
    int stride = int(bitfieldExtract(geometry, 8, 8));
    int padding = int(bitfieldExtract(geometry, 16, 8));
    return Row(image * (height * width), int(line - image * out_height) * stride - padding, int(row - line * out_width) * stride - padding);
}

Tap first_tap() { return Tap(0, 0); }

Tap next_tap(Tap tap)
{
    bool wrap = tap.x + 1 == int(geometry & 255u);
    return Tap(wrap ? tap.y + 1 : tap.y, wrap ? 0 : tap.x + 1);
}

uint taps() { return (geometry & 255u) * (geometry & 255u); }

bool fetch(Row row, Tap tap, out uint pixel)
{
    uint doubled = geometry >> 24;
    uint line = uint(row.top + tap.y), column = uint(row.left + tap.x);
    bool inside = line < height << doubled && column < width << doubled; // a negative coordinate is a huge unsigned one
    pixel = inside ? row.image + (line >> doubled) * width + (column >> doubled) : 0;
    return inside;
}

#include "common/matrix_family.glsl"
