using Hummingbird.Vulkan.Kernels;
using Hummingbird.Vulkan.Kernels.Cases;

namespace Hummingbird.Vulkan.Engine.Conformance;

/// <summary>How a case came out on a device.</summary>
/// <param name="Case">What was run.</param>
/// <param name="Family">The matrix family it was planned for.</param>
/// <param name="WinogradTile">The largest Winograd tile it was planned with.</param>
/// <param name="Nmse">Normalised mean squared error against the reference; NaN when the output holds values that no case expects.</param>
/// <param name="MaxAbsoluteError">Largest distance of one value.</param>
/// <param name="Failure">What is wrong; null when all is well.</param>
public sealed record ConformanceResult(ConformanceCase Case, MatrixFamily Family, int WinogradTile, double Nmse, double MaxAbsoluteError, string? Failure)
{
    public bool Passed => Failure is null;

    /// <summary>Runs this case again, and only it.</summary>
    public string Command => $"hummingbird doctor --case \"{Case.Id}\"";

    private string Target => WinogradTile == 0 ? $"{Family}" : $"{Family}, Winograd up to {WinogradTile}";

    public override string ToString() => Passed
        ? $"{Case.Id} [{Target}]: NMSE {Nmse:g3}"
        : $"{Case.Id} [{Target}]: {Failure}\n  run it again: {Command}";
}
