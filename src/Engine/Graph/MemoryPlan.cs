using System.Collections.Immutable;

namespace Hummingbird.Vulkan.Engine.Graph;

/// <summary>A piece of memory that is needed from one node to another.</summary>
/// <param name="Key">The caller's name for it.</param>
/// <param name="SizeInBytes">How much.</param>
/// <param name="First">Index of the first node that touches it.</param>
/// <param name="Last">Index of the last one.</param>
public readonly record struct Lifetime(int Key, long SizeInBytes, int First, int Last);

/// <summary>Where a lifetime was put.</summary>
public readonly record struct Placement(int Block, long Offset);

/// <summary>Packs values whose lifetimes do not meet into the same memory.</summary>
/// <remarks>Greedy by size: the largest first, each at the lowest offset that is free during its whole life. For the U-Nets here
/// this stays within a few per cent of the lower bound (the most that is ever alive at once). Pure: no device is needed.</remarks>
public sealed class MemoryPlan
{
    private MemoryPlan(ImmutableDictionary<int, Placement> placements, ImmutableArray<long> blocks, long peakAlive)
        => (Placements, Blocks, PeakAliveInBytes) = (placements, blocks, peakAlive);

    public ImmutableDictionary<int, Placement> Placements { get; }

    /// <summary>Size of each block in bytes.</summary>
    public ImmutableArray<long> Blocks { get; }

    public long TotalInBytes => Blocks.Sum();

    /// <summary>The lower bound: the most that is alive during any one node.</summary>
    public long PeakAliveInBytes { get; }

    /// <param name="lifetimes">What must be placed.</param>
    /// <param name="maxBlockInBytes">No block grows beyond this.</param>
    /// <param name="alignment">Of every offset, a power of two.</param>
    public static MemoryPlan Create(IReadOnlyCollection<Lifetime> lifetimes, long maxBlockInBytes = 1L << 30, int alignment = 256)
    {
        List<List<(Lifetime Life, long Offset)>> blocks = [];
        var placements = ImmutableDictionary.CreateBuilder<int, Placement>();
        foreach (Lifetime life in lifetimes.OrderByDescending(l => l.SizeInBytes).ThenBy(l => l.Key))
        {
            long size = Align(life.SizeInBytes, alignment);
            if (size > maxBlockInBytes)
            {
                throw new InvalidOperationException($"A value of {size} bytes does not fit a block of {maxBlockInBytes} bytes.");
            }

            placements.Add(life.Key, Place(blocks, life with { SizeInBytes = size }, maxBlockInBytes));
        }

        return new(placements.ToImmutable(), [.. blocks.Select(b => b.Max(p => p.Offset + p.Life.SizeInBytes))], PeakAlive(lifetimes, alignment));
    }

    private static Placement Place(List<List<(Lifetime Life, long Offset)>> blocks, Lifetime life, long maxBlockInBytes)
    {
        for (int b = 0; ; b++)
        {
            if (b == blocks.Count)
            {
                blocks.Add([]);
            }

            long offset = LowestFreeOffset(blocks[b], life);
            if (offset + life.SizeInBytes <= maxBlockInBytes)
            {
                blocks[b].Add((life, offset));
                return new(b, offset);
            }
        }
    }

    private static long LowestFreeOffset(List<(Lifetime Life, long Offset)> block, Lifetime life)
    {
        long offset = 0;
        foreach ((Lifetime other, long start) in block.Where(p => p.Life.First <= life.Last && life.First <= p.Life.Last).OrderBy(p => p.Offset))
        {
            if (offset + life.SizeInBytes <= start)
            {
                break;
            }

            offset = Math.Max(offset, start + other.SizeInBytes);
        }

        return offset;
    }

    private static long PeakAlive(IReadOnlyCollection<Lifetime> lifetimes, int alignment)
    {
        SortedDictionary<int, long> changes = [];
        foreach (Lifetime life in lifetimes)
        {
            long size = Align(life.SizeInBytes, alignment);
            changes[life.First] = changes.GetValueOrDefault(life.First) + size;
            changes[life.Last + 1] = changes.GetValueOrDefault(life.Last + 1) - size;
        }

        long alive = 0, peak = 0;
        foreach (long change in changes.Values)
        {
            alive += change;
            peak = Math.Max(peak, alive);
        }

        return peak;
    }

    private static long Align(long size, int alignment) => (size + alignment - 1) & -alignment;
}
