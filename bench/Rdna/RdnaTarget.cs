using Hummingbird.Vulkan.Engine.Device;

namespace Hummingbird.Vulkan.Bench.Rdna;

/// <summary>A GPU of AMD's that RADV can compile for without having it.</summary>
/// <param name="Name">What the command line calls it.</param>
/// <param name="Family">RADV's name of the chip, the value of RADV_FORCE_FAMILY.</param>
/// <param name="SnapshotFile">The device snapshot that kernels are planned with.</param>
/// <param name="Hardware">What AMD publishes of it.</param>
public sealed record RdnaTarget(string Name, string Family, string SnapshotFile, RdnaHardware Hardware)
{
    public static IReadOnlyList<RdnaTarget> All { get; } =
    [
        new("gfx1151", "gfx1151", "radv-gfx1151-8060s.json", new("Radeon 8060S (Strix Halo, RDNA 3.5)", 40, 2.9, "LPDDR5X-8000, 256 bits", 256.0, HasMatrixCores: true)),
        new("phoenix", "phoenix", "radv-phoenix-780m.json", new("Radeon 780M (Phoenix, RDNA 3)", 12, 2.7, "DDR5-5600, 128 bits", 89.6, HasMatrixCores: true)),
        new("rembrandt", "rembrandt", "radv-rembrandt-680m.json", new("Radeon 680M (Rembrandt, RDNA 2)", 12, 2.2, "DDR5-4800, 128 bits", 76.8, HasMatrixCores: false)),
    ];

    /// <summary>The chip multiplies matrices in one instruction (v_wmma).</summary>
    public bool HasMatrixCores => Hardware.HasMatrixCores;

    /// <exception cref="ArgumentException">No target has this name.</exception>
    public static RdnaTarget Get(string name) => All.FirstOrDefault(t => t.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
        ?? throw new ArgumentException($"No target is called '{name}'; there are {string.Join(", ", All.Select(t => t.Name))}.");

    /// <summary>How the engine would use such a device.</summary>
    public DevicePlan Plan() => DevicePlan.Decide(Snapshot(), new DeviceOptions());

    /// <summary>The snapshot of such a device, from the resources of this assembly.</summary>
    public DeviceSnapshot Snapshot()
    {
        using Stream stream = typeof(RdnaTarget).Assembly.GetManifestResourceStream($"devices/{SnapshotFile}")!;
        using StreamReader reader = new(stream);
        return DeviceSnapshot.FromJson(reader.ReadToEnd());
    }
}

/// <summary>Public facts of a GPU.</summary>
/// <param name="Product">As it is sold.</param>
/// <param name="ComputeUnits">Each has two SIMDs of 32 lanes.</param>
/// <param name="ClockGHz">The highest clock AMD names; sustained clocks are lower.</param>
/// <param name="Memory">What it is commonly sold with.</param>
/// <param name="BandwidthGBps">Of that memory, in 10^9 bytes a second.</param>
/// <param name="HasMatrixCores">It has v_wmma.</param>
public sealed record RdnaHardware(string Product, int ComputeUnits, double ClockGHz, string Memory, double BandwidthGBps, bool HasMatrixCores)
{
    public int Simds => 2 * ComputeUnits;
}
