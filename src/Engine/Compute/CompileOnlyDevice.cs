using System.Collections.Immutable;
using Hummingbird.Vulkan.Engine.Device;
using Hummingbird.Vulkan.Engine.Interop;

namespace Hummingbird.Vulkan.Engine.Compute;

/// <summary>What a driver's compiler says about one shader.</summary>
/// <param name="Statistics">Registers, spills, code size ... under the driver's names.</param>
/// <param name="Texts">Its intermediate forms under the driver's names.</param>
public sealed record CompilerReport(ImmutableArray<(string Name, double Value)> Statistics, ImmutableArray<(string Name, string Text)> Texts);

/// <summary>A device that compiles and does nothing else: no memory, no work.</summary>
/// <remarks>For drivers that know a GPU without having it (RADV with RADV_FORCE_FAMILY in the environment before the process starts):
/// these report no memory at all, so a <see cref="GpuDevice"/> cannot be planned for them.</remarks>
public sealed class CompileOnlyDevice : IDisposable
{
    private readonly InstanceApi instance;
    private readonly DeviceApi api;
    private readonly ShaderLibrary shaders = new(typeof(CompileOnlyDevice).Assembly);
    private readonly Interop.PipelineCache noCache;

    private CompileOnlyDevice(InstanceApi instance, PhysicalDevice device, DeviceSnapshot snapshot)
    {
        this.instance = instance;
        Snapshot = snapshot;
        DeviceFeatures features = snapshot.Features;
        if (!features.PipelineExecutableInfo)
        {
            throw new VulkanUnavailableException($"{snapshot.Name} ({snapshot.Driver}) has no {ExtensionNames.KhrPipelineExecutableProperties}: its compiler does not report.");
        }

        List<string> extensions = [ExtensionNames.KhrPipelineExecutableProperties];
        if (features.CooperativeMatrix)
        {
            extensions.Add(CooperativeMatrixExtension.Name);
        }

        int family = snapshot.QueueFamilies.IndexOf(snapshot.QueueFamilies.First(f => f.Compute));
        api = instance.CreateDevice(device, (uint)family, extensions, FeatureNames.Request(features), snapshot.Driver);
        noCache = api.CreatePipelineCache([]);
    }

    /// <summary>What the driver says of the GPU, without memory.</summary>
    public DeviceSnapshot Snapshot { get; }

    /// <summary>Opens the first device of the drivers the environment names.</summary>
    /// <exception cref="VulkanUnavailableException">No loader, no driver, no device, or a compiler that does not report.</exception>
    public static CompileOnlyDevice Open()
    {
        InstanceApi opened = InstanceApi.Create(VulkanLoader.Load(), [], [], synchronizationValidation: false);
        try
        {
            PhysicalDevice[] devices = opened.PhysicalDevices();
            return devices.Length > 0
                ? new(opened, devices[0], SnapshotReader.Read(opened.Query(devices[0], withMemory: false)))
                : throw new VulkanUnavailableException("The driver offers no device to compile for.");
        }
        catch
        {
            opened.Dispose();
            throw;
        }
    }

    /// <summary>Compiles a shader of the engine and returns what the compiler says of it.</summary>
    /// <param name="key">Shader, constants and push constants.</param>
    /// <param name="requiredSubgroupSize">0 leaves it to the driver.</param>
    public CompilerReport Compile(PipelineKey key, int requiredSubgroupSize)
    {
        ShaderModule module = api.CreateShaderModule(shaders.Load(key.Shader));
        PipelineLayout layout = api.CreatePipelineLayout(key.PushSizeInBytes);
        Pipeline pipeline = default;
        try
        {
            pipeline = api.CreateComputePipeline(
                module, layout, noCache, key.Values, requiredSubgroupSize,
                PipelineCreateFlags.CaptureStatisticsBitKhr | PipelineCreateFlags.CaptureInternalRepresentationsBitKhr);
            return new([.. api.StatisticsOf(pipeline)], [.. api.RepresentationsOf(pipeline)]);
        }
        finally
        {
            api.DestroyPipeline(pipeline);
            api.DestroyPipelineLayout(layout);
            api.DestroyShaderModule(module);
        }
    }

    public void Dispose()
    {
        api.DestroyPipelineCache(noCache);
        api.Dispose();
        instance.Dispose();
    }
}
