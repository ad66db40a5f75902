using BenchmarkDotNet.Attributes;
using Hummingbird.Vulkan.Engine.Compute;
using Hummingbird.Vulkan.Engine.Device;
using Hummingbird.Vulkan.Engine.Generation;
using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Models;
using Hummingbird.Vulkan.Engine.Weights;

namespace Hummingbird.Vulkan.Bench.Host;

/// <summary>What the host does in every step of the embedded model: allocated must be nothing.</summary>
public class StepBenchmarks
{
    private readonly ModelFolder nano = ModelFolder.Open("nano");
    private readonly VulkanInstance vulkan = VulkanInstance.Create();
    private GpuDevice device = null!;
    private CommandRecorder empty = null!;
    private GpuExecutor executor = null!;
    private float[] sample = [];
    private float[] next = [];

    [GlobalSetup]
    public void Prepare()
    {
        device = GpuDevice.Open(vulkan, new() { Selector = Environment.GetEnvironmentVariable("HUMMINGBIRD_DEVICE") });
        empty = new(device, "empty");
        empty.Begin();
        empty.End();
        LatentSize size = new(2, 8, 8, nano.VaeConfig.ZChannels);
        StorageTypes storage = new(device.Plan.ActivationType, device.Plan.WeightType);
        UNet unet = new(nano.UNetConfig, new WeightScope(nano.UNet));
        executor = new(device, StepGraph.Build(unet, storage, size, new([], null, nano.TextEncoderConfig.MaxPositionEmbeddings, nano.TextEncoderConfig.HiddenSize)));
        (sample, next) = (new float[size.Count], new float[size.Count]);
        foreach (Value input in executor.Graph.Inputs.Values)
        {
            executor.Write(input.Name, new float[input.Shape.Count]);
        }
    }

    [Benchmark]
    public void SubmitNothing() => device.Queue.Wait(device.Queue.Submit(empty));

    [Benchmark]
    public void WriteLatents() => executor.Write("sample", sample);

    [Benchmark]
    public void ReadLatents() => executor.Read("next", next);

    [Benchmark]
    public void RunStep() => executor.Run();

    [GlobalCleanup]
    public void Close()
    {
        executor.Dispose();
        empty.Dispose();
        device.Dispose();
        vulkan.Dispose();
        nano.Dispose();
    }
}
