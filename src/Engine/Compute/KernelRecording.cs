using System.Buffers.Binary;
using Hummingbird.Vulkan.Engine.Memory;
using Hummingbird.Vulkan.Kernels;

namespace Hummingbird.Vulkan.Engine.Compute;

/// <summary>Records one kernel by itself, outside of a graph: for conformance and benches.</summary>
public static class KernelRecording
{
    /// <param name="recorder">Between Begin and End.</param>
    /// <param name="pipelines">Where pipelines come from.</param>
    /// <param name="plan">What to run.</param>
    /// <param name="inputs">Address of each operand, 0 for absent ones.</param>
    /// <param name="output">Memory of the output.</param>
    /// <param name="scratch">Memory of <see cref="KernelPlan.ScratchInBytes"/>; null where that is 0.</param>
    public static void Run(
        this CommandRecorder recorder, PipelineCache pipelines, KernelPlan plan, ReadOnlySpan<ulong> inputs, ArenaSlice output, ArenaSlice? scratch)
    {
        if (plan.ClearOutput)
        {
            recorder.Fill(output, 0);
        }

        byte[] push = new byte[plan.Dispatches.Max(d => d.PushSizeInBytes)];
        foreach (Dispatch dispatch in plan.Dispatches)
        {
            recorder.Barrier();
            Span<byte> used = push.AsSpan(0, dispatch.PushSizeInBytes);
            WritePush(dispatch, inputs, output.Address, scratch?.Address ?? 0, used);
            recorder.Dispatch(pipelines.Get(PipelineKey.Of(dispatch)), used, dispatch.Workgroups);
        }
    }

    private static void WritePush(Dispatch dispatch, ReadOnlySpan<ulong> inputs, ulong output, ulong scratch, Span<byte> push)
    {
        for (int i = 0; i < dispatch.Operands.Length; i++)
        {
            Operand operand = dispatch.Operands[i];
            ulong address = operand.Kind switch
            {
                OperandKind.None => 0,
                OperandKind.Input => inputs[operand.Index],
                OperandKind.Output => output,
                _ => scratch,
            };
            BinaryPrimitives.WriteUInt64LittleEndian(push[(i * sizeof(ulong))..], address == 0 ? 0 : address + (ulong)operand.OffsetInBytes);
        }

        dispatch.Parameters.AsSpan().CopyTo(push[(dispatch.Operands.Length * sizeof(ulong))..]);
    }
}
