#version 460
// conv3d: y = activation(conv(x, W) + bias + shift) + residual over videos, channels last, stride 1, same size.
//
// x [B, T, H, W, C] with a row stride; W packed from [N, kt, kh, kw, C]; bias [N] and shift [groups, N] fp32; residual
// [B, T, H, W, N] -> y [B, T, H, W, N]. Odd kernel sizes, zero padding of half of them. Row r uses shift[r / shift_rows].
// PLANAR (kh = kw = 1, the temporal convolution): taps lie H * W rows apart and only the frame number is needed, one
// division per row in place of three.
// kernel: kt | kh << 8 | kw << 16.
// The loops, constants and the ladder of each family are in common/matrix_*.glsl and common/tile_*.glsl.
#include "common/types.glsl"

layout(push_constant, scalar) uniform Push
{
    uint64_t x;
    uint64_t weight;
    uint64_t bias;
    uint64_t shift;
    uint64_t residual;
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
    uint frames;
    uint height;
    uint width;
    uint kernel;
};

#define SECOND x
#define SECOND_CHANNELS channels
#define SECOND_STRIDE x_stride
#include "common/matrix.glsl"

struct Row { int index; int t; int y; int x; };
struct Tap { int t; int y; int x; };

int kernel_t() { return int(kernel & 255u); }
int kernel_h() { return PLANAR ? 1 : int(bitfieldExtract(kernel, 8, 8)); }
int kernel_w() { return PLANAR ? 1 : int(kernel >> 16); }

Row row_at(uint row)
{
    uint frame = row / (height * width);
    uint t = frame % frames;
    if (PLANAR) return Row(int(row), int(t), 0, 0);
    uint position = row - frame * (height * width);
    uint line = position / width;
    return Row(int(row), int(t), int(line), int(position - line * width));
}

// A tap is its distance from the kernel's centre.
Tap first_tap() { return Tap(-kernel_t() / 2, -kernel_h() / 2, -kernel_w() / 2); }

Tap next_tap(Tap tap)
{
    if (PLANAR) return Tap(tap.t + 1, 0, 0);
    bool wrap_x = tap.x == kernel_w() / 2;
    bool wrap_y = wrap_x && tap.y == kernel_h() / 2;
    return Tap(
        wrap_y ? tap.t + 1 : tap.t,
        wrap_y ? -kernel_h() / 2 : wrap_x ? tap.y + 1 : tap.y,
        wrap_x ? -kernel_w() / 2 : tap.x + 1);
}

uint taps() { return uint(kernel_t() * kernel_h() * kernel_w()); }

bool fetch(Row row, Tap tap, out uint pixel)
{
    bool inside = uint(row.t + tap.t) < frames;
    int distance = tap.t * int(height * width);
    if (!PLANAR)
    {
        inside = inside && uint(row.y + tap.y) < height && uint(row.x + tap.x) < width;
        distance += tap.y * int(width) + tap.x;
    }
    pixel = inside ? uint(row.index + distance) : 0;
    return inside;
}

#include "common/matrix_family.glsl"
