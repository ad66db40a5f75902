using System.Collections.Immutable;
using Hummingbird.Vulkan.Engine.Memory;
using Hummingbird.Vulkan.Kernels;

namespace Hummingbird.Vulkan.Engine.Graph;

/// <summary>The two halves of a <see cref="WeightStream"/> in device memory, and the thread that fills one while the other is read.</summary>
internal sealed class StreamedWeights(
    WeightStream stream, ImmutableArray<ArenaSlice> halves, ComputeGraph graph, ImmutableDictionary<int, WeightPacking?> packings, WeightReader reader) : IDisposable
{
    private readonly Dictionary<int, Value> values = graph.Weights.ToDictionary(w => w.Id);
    private readonly int[] loaded = [-1, -1];
    private Task loading = Task.CompletedTask;

    public WeightStream Stream => stream;

    /// <summary>Where a node finds a weight.</summary>
    public ArenaSlice Slice(int window, int weight)
        => halves[window % 2].Slice(stream.Windows[window].Offsets[weight], packings[weight]?.SizeInBytes ?? values[weight].Spec.SizeInBytes);

    /// <summary>Begins to load the first window, should it not be there. No submit may be under way.</summary>
    public void Start() => Begin(0);

    /// <summary>Returns when the window is there; the next one is being loaded then. No submit may be under way.</summary>
    public void Enter(int window)
    {
        Begin(window);
        Finish();
        int next = (window + 1) % stream.Windows.Length;

        // After an odd number of windows the first comes into the half that the last is read from: that one waits.
        if (next % 2 != window % 2)
        {
            Begin(next);
        }
    }

    public void Dispose()
    {
        try
        {
            Finish();
        }
#pragma warning disable CA1031 // Whoever entered the window has heard of it, or nobody needs it any more.
        catch
#pragma warning restore CA1031
        {
        }
    }

    private void Begin(int window)
    {
        if (loaded[window % 2] == window)
        {
            return;
        }

        Finish();
        loaded[window % 2] = window;
        loading = Task.Run(() =>
        {
            try
            {
                Load(window);
            }
            catch
            {
                loaded[window % 2] = -1;
                throw;
            }
        });
    }

    private void Load(int window)
    {
        foreach (int weight in stream.Windows[window].Offsets.Keys.Order())
        {
            reader.Load(Slice(window, weight), values[weight], packings[weight]);
        }
    }

    private void Finish() => loading.GetAwaiter().GetResult();
}
