using System.Collections.Immutable;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Hummingbird.Vulkan.Engine.Device;

public enum DeviceKind
{
    Other,
    Integrated,
    Discrete,
    Virtual,
    Cpu,
}

/// <summary>Everything the engine knows of a Vulkan device, as plain data: what <see cref="DevicePlan"/> decides from.</summary>
/// <remarks>Exported as JSON by <c>devices --export</c>; snapshots of other machines are test data.</remarks>
public sealed record DeviceSnapshot
{
    // Names are written as they are: the files are read by people, not put into web pages.
    private static readonly DeviceSnapshotJson Readable = new(new(DeviceSnapshotJson.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    public required string Name { get; init; }

    /// <summary>Where the numbers come from when no driver wrote them.</summary>
    public string? Source { get; init; }

    public DeviceKind Kind { get; init; }

    public uint VendorId { get; init; }

    public uint DeviceId { get; init; }

    /// <summary>Vulkan version the device implements: <c>1.3.230</c>.</summary>
    public required string ApiVersion { get; init; }

    /// <summary>VkDriverId by name: MesaLlvmpipe, MesaRadv, NvidiaProprietary ...</summary>
    public required string DriverId { get; init; }

    public required string DriverName { get; init; }

    public required string DriverInfo { get; init; }

    public uint DriverVersion { get; init; }

    /// <summary>32 hexadecimal digits that stay the same between runs and drivers.</summary>
    public required string DeviceUuid { get; init; }

    public required string DriverUuid { get; init; }

    /// <summary>Changes whenever compiled pipelines of another driver build cannot be reused.</summary>
    public required string PipelineCacheUuid { get; init; }

    /// <summary>Memory this process may use on the host: physical memory, or less inside a container. 0 when unknown.</summary>
    public long HostMemoryInBytes { get; init; }

    /// <summary>Vector registers of the host's processor, on which CPU drivers compute: 16 with AVX2, 32 with AVX-512 or on Arm; null when unknown.</summary>
    public int? HostVectorRegisters { get; init; }

    public required DeviceLimits Limits { get; init; }

    public required DeviceFeatures Features { get; init; }

    public required SubgroupFacts Subgroup { get; init; }

    public required ImmutableArray<MemoryHeapFacts> Heaps { get; init; }

    public required ImmutableArray<MemoryTypeFacts> MemoryTypes { get; init; }

    public required ImmutableArray<QueueFamilyFacts> QueueFamilies { get; init; }

    public required ImmutableArray<CooperativeMatrixShape> CooperativeMatrices { get; init; }

    public required ImmutableArray<string> Extensions { get; init; }

    /// <summary>The host reads and writes the memory the device computes in, without a bus between.</summary>
    [JsonIgnore]
    public bool IsUnifiedMemory => Kind is DeviceKind.Integrated or DeviceKind.Cpu
        && MemoryTypes.Any(t => t.IsDeviceLocal && t.IsHostVisible && t.IsHostCoherent);

    /// <summary>What people call the driver: <c>radv Mesa 25.0.7</c>.</summary>
    [JsonIgnore]
    public string Driver => DriverName.Length > 0 ? $"{DriverName} {DriverInfo}".TrimEnd() : $"version {DriverVersion}";

    /// <summary>Major version of Mesa, 0 for any other driver. From the text: llvmpipe's version number was 1 for years.</summary>
    [JsonIgnore]
    public int MesaMajor
    {
        get
        {
            const string Prefix = "Mesa ";
            ReadOnlySpan<char> text = DriverInfo;
            ReadOnlySpan<char> version = text.StartsWith(Prefix, StringComparison.Ordinal) ? text[Prefix.Length..] : [];
            int end = version.IndexOfAnyExceptInRange('0', '9');
            return int.TryParse(end < 0 ? version : version[..end], NumberStyles.None, CultureInfo.InvariantCulture, out int major) ? major : 0;
        }
    }

    public string ToJson() => JsonSerializer.Serialize(this, Readable.DeviceSnapshot);

    /// <exception cref="JsonException">Not a device snapshot.</exception>
    public static DeviceSnapshot FromJson(string json) => JsonSerializer.Deserialize(json, DeviceSnapshotJson.Default.DeviceSnapshot)
        ?? throw new JsonException("The file holds null, not a device snapshot.");
}

/// <summary>Limits in the units of Vulkan: bytes, invocations, nanoseconds per tick.</summary>
public sealed record DeviceLimits
{
    public required ImmutableArray<uint> MaxComputeWorkGroupCount { get; init; }

    public required ImmutableArray<uint> MaxComputeWorkGroupSize { get; init; }

    public required uint MaxComputeWorkGroupInvocations { get; init; }

    public required uint MaxComputeSharedMemorySize { get; init; }

    public required uint MaxPushConstantsSize { get; init; }

    public required uint MaxStorageBufferRange { get; init; }

    public required ulong MaxMemoryAllocationSize { get; init; }

    /// <summary>0 when the device does not say.</summary>
    public required ulong MaxBufferSize { get; init; }

    public required uint MaxMemoryAllocationCount { get; init; }

    public required ulong NonCoherentAtomSize { get; init; }

    /// <summary>Nanoseconds per tick; 0 where the driver has no clock.</summary>
    public required float TimestampPeriod { get; init; }
}

/// <summary>Features by their Vulkan names.</summary>
public sealed record DeviceFeatures
{
    public bool BufferDeviceAddress { get; init; }

    public bool ShaderInt64 { get; init; }

    public bool TimelineSemaphore { get; init; }

    public bool ScalarBlockLayout { get; init; }

    public bool ShaderInt16 { get; init; }

    public bool ShaderInt8 { get; init; }

    public bool ShaderFloat16 { get; init; }

    public bool StorageBuffer16BitAccess { get; init; }

    public bool StorageBuffer8BitAccess { get; init; }

    public bool ShaderSubgroupExtendedTypes { get; init; }

    public bool VulkanMemoryModel { get; init; }

    public bool SubgroupSizeControl { get; init; }

    public bool Maintenance4 { get; init; }

    public bool PipelineExecutableInfo { get; init; }

    public bool CooperativeMatrix { get; init; }
}

/// <param name="Size">Lanes of a subgroup unless another size is asked for.</param>
/// <param name="MinSize">Smallest size that can be asked for; equal to <paramref name="MaxSize"/> where there is no choice.</param>
/// <param name="Operations">Basic, Vote, Arithmetic, Ballot, Shuffle ...</param>
/// <param name="InCompute">Those operations work in compute shaders.</param>
/// <param name="IsSizeSelectable">A compute pipeline may ask for a size.</param>
public sealed record SubgroupFacts(
    int Size = 0, int MinSize = 0, int MaxSize = 0, ImmutableArray<string> Operations = default, bool InCompute = false, bool IsSizeSelectable = false)
{
    public ImmutableArray<string> Operations { get; init; } = Operations.IsDefault ? [] : Operations;
}

/// <param name="BudgetInBytes">What this process may use now (VK_EXT_memory_budget); null when the driver does not say.</param>
/// <param name="UsageInBytes">What it uses already.</param>
public sealed record MemoryHeapFacts(ulong SizeInBytes, bool IsDeviceLocal, ulong? BudgetInBytes = null, ulong? UsageInBytes = null);

/// <param name="OtherFlags">Bits of VkMemoryPropertyFlags without a name here: lazily allocated, protected, AMD's uncached ...</param>
public sealed record MemoryTypeFacts(
    int Heap, bool IsDeviceLocal = false, bool IsHostVisible = false, bool IsHostCoherent = false, bool IsHostCached = false, uint OtherFlags = 0);

public sealed record QueueFamilyFacts(uint Count, bool Graphics, bool Compute, bool Transfer, int TimestampValidBits);

/// <summary>D[m,n] = A[m,k] B[k,n] + C[m,n] over one scope, component types by name: f16, f32, s8 ...</summary>
public sealed record CooperativeMatrixShape(int M, int N, int K, string A, string B, string C, string Result, string Scope);

[JsonSourceGenerationOptions(
    WriteIndented = true,
    UseStringEnumConverter = true,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(DeviceSnapshot))]
internal sealed partial class DeviceSnapshotJson : JsonSerializerContext;
