// What every kernel shares: addresses, storage types, lanes.
//
// Buffers are reached by device address (buffer_reference). Push constants are the operands' 64-bit addresses in the
// order of the C# descriptor, then its parameters (scalar layout). Specialization constants are numbered 0, 1, 2 ...
// STORAGE (16 or 32) is the storage type of activations and WEIGHTS that of packed weights; arithmetic is fp32.
// OUTPUT is the storage type of the output where it differs from STORAGE.
// Biases and norm parameters are always fp32.
#extension GL_EXT_buffer_reference : require
#extension GL_EXT_scalar_block_layout : require
#extension GL_EXT_shader_explicit_arithmetic_types_int64 : require
#extension GL_EXT_shader_explicit_arithmetic_types_float16 : require
#extension GL_EXT_shader_16bit_storage : require
#extension GL_EXT_shader_8bit_storage : require
#extension GL_EXT_control_flow_attributes : require

// The workgroup's size is specialization constant 0 of every kernel. Declared here, before any use: in front of its
// declaration gl_WorkGroupSize is 1 without a word from the compiler.
layout(local_size_x_id = 0) in;
#define WORKGROUP_SIZE gl_WorkGroupSize.x

#ifndef STORAGE
#define STORAGE 32
#endif
#ifndef WEIGHTS
#define WEIGHTS STORAGE
#endif
#ifndef OUTPUT
#define OUTPUT STORAGE
#endif

layout(buffer_reference, scalar, buffer_reference_align = 4) buffer F32 { float v[]; };
layout(buffer_reference, scalar, buffer_reference_align = 4) buffer I32 { int v[]; };
layout(buffer_reference, scalar, buffer_reference_align = 2) buffer F16 { float16_t v[]; };
layout(buffer_reference, scalar, buffer_reference_align = 1) buffer U8 { uint8_t v[]; };

#if STORAGE == 16
#define STORAGE_BYTES 2
float load(uint64_t base, uint index) { return float(F16(base).v[index]); }
#else
#define STORAGE_BYTES 4
float load(uint64_t base, uint index) { return F32(base).v[index]; }
#endif

#if OUTPUT == 16
void store(uint64_t base, uint index, float value) { F16(base).v[index] = float16_t(value); }
#else
void store(uint64_t base, uint index, float value) { F32(base).v[index] = value; }
#endif

float load_f32(uint64_t base, uint index) { return F32(base).v[index]; }
