namespace Hummingbird.Vulkan.Kernels;

/// <summary>The order in which the workgroups of a product take its tiles.</summary>
/// <remarks>A GPU runs many at once, rows along x and y, panels of columns along z. A CPU driver runs one after the other, x first: there a
/// group of rows goes past all panels, along y, before the next group, along z. With all rows in one group they come from memory again for
/// each panel, and the output is written in short pieces: 2560 x 320 to 2560 then takes 1.3 to 1.5 times as long.</remarks>
/// <param name="Groups">Workgroups of one product.</param>
/// <param name="Fold">What the shader multiplies its y (on a CPU driver z) by to find its rows.</param>
public readonly record struct WorkgroupWalk(Workgroups Groups, int Fold)
{
    // Panels as short as this are soon there again: so many tiles of rows, which a first-level cache holds, write the output line by line.
    private const long ShortPanelBytes = 48 << 10;
    private const int FewTiles = 2;

    // Before longer panels as many rows as a quarter of a second-level cache of 512 KB holds, and no fewer than these.
    private const long CachedBytes = 128 << 10;
    private const int LeastRows = 48;

    /// <param name="rows">Of the output.</param>
    /// <param name="rowBytes">What a row of the output reads of x.</param>
    /// <param name="tileRows">Of the output that a workgroup computes.</param>
    /// <param name="panels">Panels of columns.</param>
    /// <param name="panelBytes">Of one panel.</param>
    /// <param name="onCpu">The family is of CPU drivers.</param>
    public static WorkgroupWalk Of(long rows, long rowBytes, int tileRows, int panels, long panelBytes, bool onCpu, KernelTarget target)
    {
        long tiles = (rows + tileRows - 1) / tileRows;
        if (!onCpu)
        {
            Workgroups line = Workgroups.Fold(tiles, target);
            return new(line with { Z = panels }, line.X);
        }

        long together = panelBytes <= ShortPanelBytes
            ? FewTiles
            : Math.Max(CachedBytes / (tileRows * Math.Max(1, rowBytes)), (LeastRows + tileRows - 1) / tileRows);
        long groups = Math.Min((tiles + together - 1) / together, target.MaxWorkgroupCount), fold = (tiles + groups - 1) / groups;
        return fold <= target.MaxWorkgroupCount
            ? new(new((int)fold, panels, (int)((tiles + fold - 1) / fold)), (int)fold)
            : throw new ShapeException($"{tiles} workgroups do not fit two dimensions of {target.MaxWorkgroupCount}.");
    }
}
