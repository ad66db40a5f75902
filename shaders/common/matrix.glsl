// The matrix core: y = activation(A W^T + bias + shift) + residual over gathered rows A (IN_FRAMES: factor * (A W^T + bias) + offset). One core serves matmul, conv2d
// and conv3d; a .comp only says where row `r` of A finds its channels at kernel position `tap`:
//
//   struct Row, struct Tap          what is known of an output row; a kernel position
//   Row row_at(uint row)            row < rows
//   Tap first_tap(), next_tap(tap)
//   bool fetch(row, tap, pixel)     false: outside of the image, all zeros; else `pixel` is the input row to read
//   uint taps()
//
// K runs over taps, then sources (x, then x2), then channels; weights are packed in that order by WeightPacking, each
// source's channels padded with zero weights to a multiple of the core's K step. What lies behind a row's last channel
// is never multiplied: it is masked to 0, since 0 * NaN is NaN.
//
// A .comp declares its push constants, then includes this file, defines the above, and includes matrix_family.glsl.
// Constants: 0 local size; 1 FEATURES (bits below, those of MatrixFeatures in C#); 2 and up the family's own (ROWS and COLUMNS, or UNROLL).
// Workgroups: rows folded over x and y (index = x + y * fold), panels of columns along z. A CPU driver runs workgroups one after the
// other, x first, so its families (MATRIX_ON_CPU) take `fold` workgroups of rows, which stay in the cache, past all panels (y) before the
// next rows (z): WorkgroupWalk.cs.
layout(local_size_x_id = 0) in;
layout(constant_id = 1) const uint FEATURES = 0;

const bool HAS_BIAS = (FEATURES & 1u) != 0;
const bool HAS_SHIFT = (FEATURES & 2u) != 0;
const bool HAS_RESIDUAL = (FEATURES & 4u) != 0;
const bool HAS_SECOND = (FEATURES & 8u) != 0;    // x2 behind x
const bool SCALAR_LOADS = (FEATURES & 16u) != 0; // rows of A are not aligned to vectors
const bool CHANNEL_TAIL = (FEATURES & 32u) != 0; // channels are no multiple of the K step
const bool PLANAR = (FEATURES & 64u) != 0;       // conv3d: the kernel reaches along time only
const bool SLICED = (FEATURES & 128u) != 0;      // a source or the residual is a slice: it may start between two vectors
const bool SCALAR_STORES = (FEATURES & 256u) != 0; // rows of the output or the residual are not aligned to vectors
const bool BATCHED = (FEATURES & 512u) != 0;     // matmul only: several products in one dispatch
const bool QUAD_LOADS = (FEATURES & 1024u) != 0; // scalar loads of fp16 whose rows are aligned to four channels
const bool IN_FRAMES = (FEATURES & 2048u) != 0;  // conv2d only: factors and offsets of each frame behind the bias
const bool ONE_QUAD = (FEATURES & 4096u) != 0; // quad loads, and no source has more than four channels
const bool MERGED = (FEATURES & 8192u) == 0;   // the driver merges loads from uniform addresses: load_vector.glsl
const bool WHOLE_PANELS = (FEATURES & 16384u) != 0; // CPU drivers' families: all columns of all panels are the output's
const uint ACTIVATION = FEATURES >> 16;

#ifndef BATCH_PANELS
#define BATCH_PANELS 1
#endif

// Frames that repeat along the rows of the output, and how many rows each has.
#ifndef FRAMES
#define FRAMES 1
#define FRAME_ROWS 1
#endif

#ifndef ROW_GROUPS
#define ROW_GROUPS 1
#endif

// The workgroup's place along the rows of its batch, its panel within the batch, its batch, and its panel among those of all batches.
#if defined(MATRIX_GATHER) || defined(MATRIX_LDV)
#define MATRIX_ON_CPU
uint row_tile() { return gl_WorkGroupID.x + (BATCHED ? gl_WorkGroupID.z % ROW_GROUPS : gl_WorkGroupID.z) * fold; }
uint panel_index() { return gl_WorkGroupID.y; }
uint batch() { return BATCHED ? gl_WorkGroupID.z / ROW_GROUPS : 0; }
uint packed_panel() { return batch() * BATCH_PANELS + panel_index(); }
#else
uint row_tile() { return gl_WorkGroupID.x + gl_WorkGroupID.y * fold; }
uint panel_index() { return BATCHED ? gl_WorkGroupID.z % BATCH_PANELS : gl_WorkGroupID.z; }
uint batch() { return BATCHED ? gl_WorkGroupID.z / BATCH_PANELS : 0; }
uint packed_panel() { return gl_WorkGroupID.z; }
#endif

uint batch_row() { return batch() * rows; }
