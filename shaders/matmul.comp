#version 460
// matmul: y = activation(x W^T + bias + shift) + residual; with GEGLU y = value * gelu(gate), [value | gate] = x W^T + bias.
//
// x [rows, K] with row stride, W packed (see common/matrix_*.glsl), bias [N] and shift [groups, N] fp32, residual
// [rows, N] with row stride -> y [rows, N]. Row r uses shift[r / shift_rows]. Linear layers and 1x1 convolutions.
// BATCHED (the products of a Winograd convolution): so many of these one behind the other, x, W and y each.
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
    uint panels;
    uint row_groups;
};

#define SECOND x
#define SECOND_CHANNELS channels
#define SECOND_STRIDE x_stride
#define BATCH_PANELS panels
#define ROW_GROUPS row_groups
#include "common/matrix.glsl"

struct Row { uint index; };
struct Tap { uint index; };

Row row_at(uint row) { return Row(batch_row() + row); }
Tap first_tap() { return Tap(0); }
Tap next_tap(Tap tap) { return tap; }
uint taps() { return 1; }

bool fetch(Row row, Tap tap, out uint pixel)
{
    pixel = row.index;
    return true;
}

#include "common/matrix_family.glsl"
