namespace Hummingbird.Vulkan.Kernels;

/// <summary>The order in which the workgroups of a product take its tiles.</summary>
/// <remarks>A GPU runs many at once, rows along x and y, panels of columns along z. A CPU driver runs one after the other, x first: there a
/// group of rows that stays in the cache goes past all panels, along y, before the next group, along z. Without groups all rows go past
/// one panel before the next, and come from memory each time: 2560 x 320 to 2560 is up to 1.3 times slower.</remarks>
/// <param name="Groups">Workgroups of one product.</param>
/// <param name="Fold">What the shader multiplies its y (on a CPU driver z) by to find its rows.</param>
internal readonly record struct WorkgroupWalk(Workgroups Groups, int Fold)
{
    // A quarter of the second-level cache of a core that has 512 KB or more.
    private const long CachedBytes = 128 << 10;

    // Fewer rows would have each panel fetched too often.
    private const int LeastRows = 48;

    /// <param name="rows">Of the output.</param>
    /// <param name="rowBytes">What a row of the output reads of x.</param>
    /// <param name="tileRows">Of the output that a workgroup computes.</param>
    /// <param name="panels">Panels of columns.</param>
    /// <param name="onCpu">The family is of CPU drivers.</param>
    public static WorkgroupWalk Of(long rows, long rowBytes, int tileRows, int panels, bool onCpu, KernelTarget target)
    {
        long tiles = (rows + tileRows - 1) / tileRows;
        if (!onCpu)
        {
            Workgroups line = Workgroups.Fold(tiles, target);
            return new(line with { Z = panels }, line.X);
        }

        long together = Math.Max(CachedBytes / (tileRows * Math.Max(1, rowBytes)), (LeastRows + tileRows - 1) / tileRows);
        long groups = Math.Min((tiles + together - 1) / together, target.MaxWorkgroupCount), fold = (tiles + groups - 1) / groups;
        return fold <= target.MaxWorkgroupCount
            ? new(new((int)fold, panels, (int)((tiles + fold - 1) / fold)), (int)fold)
            : throw new ShapeException($"{tiles} workgroups do not fit two dimensions of {target.MaxWorkgroupCount}.");
    }
}
