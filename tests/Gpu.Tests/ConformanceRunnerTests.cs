using Hummingbird.Vulkan.Engine.Conformance;
using Hummingbird.Vulkan.Engine.Device;
using Hummingbird.Vulkan.Kernels;
using Hummingbird.Vulkan.Kernels.Cases;
using Xunit;

namespace Hummingbird.Vulkan.Gpu.Tests;

/// <summary>The conformance runner notices what kernels can do wrong.</summary>
public sealed class ConformanceRunnerTests : DeviceTestBase
{
    private const int Count = 64;

    public enum Fault
    {
        WritesBehindItsOutput,
        LeavesValuesOut,
        ComputesSomethingElse,
        WritesItsInput,
    }

    [Theory]
    [InlineData(Fault.WritesBehindItsOutput, "the output was written 0 bytes behind its end")]
    [InlineData(Fault.LeavesValuesOut, "furthest off is value 60: NaN")]
    [InlineData(Fault.ComputesSomethingElse, "NMSE 1, at most 1e-11 is allowed")]
    [InlineData(Fault.WritesItsInput, "input 0 was written at byte 0, and it is only to be read")]
    public void A_faulty_kernel_fails_and_says_how_to_run_it_again(Fault fault, string expected)
    {
        using GpuDevice device = Open();
        ConformanceCase row = new(new FaultyCopy(fault), DType.F32, DType.F32, [CaseInput.X([1, Count])]);
        ConformanceResult result = Assert.Single(new ConformanceRunner(device).Run(row));
        Assert.False(result.Passed);
        Assert.Contains(expected, result.Failure, StringComparison.Ordinal);
        Assert.Contains($"hummingbird doctor --case \"{row.Id}\"", result.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_kernel_without_a_fault_passes()
    {
        using GpuDevice device = Open();
        ConformanceCase row = new(new Elementwise(ElementwiseOp.Copy), DType.F32, DType.F32, [CaseInput.X([1, Count])]);
        ConformanceResult result = Assert.Single(new ConformanceRunner(device).Run(row));
        Assert.True(result.Passed, result.ToString());
        Assert.Equal(0, result.Nmse);
    }

    /// <summary>A copy as its reference has it, whose plan does something else.</summary>
    private sealed record FaultyCopy(Fault Fault) : Kernel
    {
        private static readonly Elementwise Copy = new(ElementwiseOp.Copy);

        public override string Name => "faulty_copy";

        public override string Attributes => Fault.ToString();

        public override Shape Infer(ReadOnlySpan<TensorSpec> inputs) => inputs[0].Shape;

        public override KernelPlan Plan(ReadOnlySpan<TensorSpec> inputs, TensorSpec output, KernelTarget target)
        {
            uint count = Fault switch { Fault.WritesBehindItsOutput => Count + 4, Fault.LeavesValuesOut => Count - 4, _ => Count };
            float alpha = Fault == Fault.ComputesSomethingElse ? 2 : 1;
            Operand written = Fault == Fault.WritesItsInput ? Operand.Input(0) : Operand.Output;
            Dispatch dispatch = Copy.Plan(inputs, output, target).Dispatches[0];
            dispatch = dispatch with
            {
                Operands = [Operand.Input(0), Operand.None, written],
                Parameters = Dispatch.Pack(new Elementwise.Parameters(
                    count, Count, Count, 0, 1, Fault == Fault.WritesItsInput ? 3 : alpha, (uint)dispatch.Workgroups.X)),
            };
            return new([dispatch]);
        }

        public override Cost Cost(ReadOnlySpan<TensorSpec> inputs, TensorSpec output) => default;

        public override void Reference(ReadOnlySpan<HostTensor?> inputs, HostTensor output) => Copy.Reference(inputs, output);
    }
}
