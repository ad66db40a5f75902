namespace Hummingbird.Vulkan.ServerSoak;

/// <summary>What a soak counted.</summary>
internal sealed class Tally
{
    private readonly Lock gate = new();
    private readonly List<double> health = [], cancels = [];
    private readonly List<(double Minutes, long Bytes, int Threads, int Files)> samples = [];
    private readonly long started = TimeProvider.System.GetTimestamp();
    private readonly HashSet<string> wrong = new(StringComparer.Ordinal);
    private int made, abused;

    /// <summary>Videos, cancellations or health checks that did not come out as they must.</summary>
    public int Lost { get; private set; }

    /// <summary>Abuse answered with another status than it must be.</summary>
    public int WrongAnswers => wrong.Count;

    public void Made(bool isThere) => Count(() => made++, isThere);

    public void Cancelled(bool isGone, TimeSpan time) => Count(() => cancels.Add(time.TotalSeconds), isGone);

    public void Health(bool isWell, TimeSpan time) => Count(() => health.Add(time.TotalSeconds), isWell);

    public void Answered(bool isRight, string name) => Count(
        () =>
        {
            abused++;
            if (!isRight)
            {
                wrong.Add(name);
            }
        },
        isWell: true);

    public void Sample(long bytes, int threads, int files) => Count(() => samples.Add((TimeProvider.System.GetElapsedTime(started).TotalMinutes, bytes, threads, files)), isWell: true);

    public string Report(double minutes)
    {
        (double Minutes, long Bytes, int Threads, int Files)[] warm = [.. samples.Skip(samples.Count / 5)];
        double slope = Slope(warm);
        return $"""
            {minutes:0.#} minutes: {made} videos made, {cancels.Count} cancelled, {abused} requests of abuse, {health.Count} health checks; {Lost} lost, {WrongAnswers} wrong answers {string.Join("; ", wrong)}
            health: p50 {At(health, 0.5) * 1000:0} ms, p99 {At(health, 0.99) * 1000:0} ms, slowest {At(health, 1) * 1000:0} ms; cancelling: p50 {At(cancels, 0.5):0.00} s, p95 {At(cancels, 0.95):0.00} s, slowest {At(cancels, 1):0.00} s
            memory after warm-up: {warm[0].Bytes / 1048576} MiB to {warm[^1].Bytes / 1048576} MiB, slope {slope:0.000} MiB a minute, {slope * (warm[^1].Minutes - warm[0].Minutes) / Math.Max(1, made * 0.8):0.0000} MiB a video
            threads {warm[0].Threads} to {warm[^1].Threads}, file descriptors {warm[0].Files} to {warm[^1].Files}
            """;
    }

    private static double At(List<double> values, double part)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length == 0 ? double.NaN : sorted[Math.Min(sorted.Length - 1, (int)(part * sorted.Length))];
    }

    /// <summary>MiB a minute, by least squares.</summary>
    private static double Slope((double Minutes, long Bytes, int Threads, int Files)[] points)
    {
        double time = points.Average(p => p.Minutes), bytes = points.Average(p => (double)p.Bytes);
        return points.Sum(p => (p.Minutes - time) * (p.Bytes - bytes)) / Math.Max(1e-9, points.Sum(p => (p.Minutes - time) * (p.Minutes - time))) / 1048576;
    }

    private void Count(Action count, bool isWell)
    {
        lock (gate)
        {
            count();
            Lost += isWell ? 0 : 1;
        }
    }
}
