using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Hummingbird.Vulkan.Bench.Kernels;
using Hummingbird.Vulkan.Engine.Device;
using Hummingbird.Vulkan.Kernels;
using Hummingbird.Vulkan.Kernels.Cases;
using Xunit;

namespace Hummingbird.Vulkan.Engine.Tests.Bench;

public partial class KernelReportTests
{
    private static readonly Roofline Roof = new(50e9, 2e9, 10e9, new(5, 1e-5, 2e-5, 1e-5, IsCpu: false));

    [Theory]
    [InlineData(0, 1)]
    [InlineData(0.5, 2.5)]
    [InlineData(0.95, 3.85)]
    [InlineData(1, 4)]
    public void Quantiles_are_interpolated(double share, double expected) => Assert.Equal(expected, Timing.Quantile([4, 1, 3, 2], share), 9);

    [Fact]
    public void A_void_dispatch_is_subtracted_but_nothing_becomes_free()
    {
        Timing nothing = new(1, 1, 2, 0.5, IsCpu: false);
        Timing less = new Timing(1, 3, 4, 0.25, IsCpu: false).Less(nothing);
        Assert.Equal((2, 3, 0.05), (less.Median, less.P95, less.ProcessorMedian));
    }

    [Fact]
    public void Rates_on_a_processor_are_by_its_time()
    {
        Assert.Equal(2, new Timing(1, 2, 2, 1, IsCpu: false).Basis);
        Assert.Equal(1, new Timing(1, 2, 2, 1, IsCpu: true).Basis);
    }

    [Fact]
    public void The_roof_is_the_slower_of_arithmetic_and_memory()
    {
        Assert.Equal(5, Roof.Ridge, 9);
        Assert.Equal(1, Roof.LeastSeconds(new(50e9, 1e9)), 9);
        Assert.Equal(2, Roof.LeastSeconds(new(50e9, 20e9)), 9);
    }

    [Fact]
    public void Json_names_its_schema_the_device_and_every_row()
    {
        using MemoryStream stream = new();
        KernelReport report = Report();
        KernelJson.Write(report, stream);
        JsonElement root = JsonDocument.Parse(stream.ToArray()).RootElement;
        Assert.Equal("hummingbird-bench-kernels/1", root.GetProperty("schema").GetString());
        Assert.Equal(report.Device.Name, root.GetProperty("device").GetProperty("name").GetString());
        Assert.Equal(report.Plan.Decisions.Length, root.GetProperty("plan").GetArrayLength());
        JsonElement[] rows = [.. root.GetProperty("rows").EnumerateArray()];
        Assert.Equal(["measured", "wrong", "not_run"], rows.Select(r => r.GetProperty("status").GetString()));
        Assert.Equal(report.Rows[0].FlopsPerSecond, rows[0].GetProperty("flops_per_second").GetDouble());
        Assert.Equal(2, rows[0].GetProperty("uses").GetProperty("step").GetInt32());
        Assert.False(rows[1].TryGetProperty("nmse", out _));
        Assert.Equal("the budget of 1 s was used up", rows[2].GetProperty("failure").GetString());
    }

    [Fact]
    public void The_page_needs_nothing_but_itself_and_shows_every_row()
    {
        KernelReport report = Report();
        string page = KernelHtml.Write(report);
        Assert.DoesNotMatch(Outside(), page);
        Assert.DoesNotContain("<sly>", page, StringComparison.Ordinal);
        Assert.Contains("&lt;sly&gt;", page, StringComparison.Ordinal);
        Assert.Contains("prefers-color-scheme: dark", page, StringComparison.Ordinal);
        Assert.Equal(report.Rows.Length, Row().Count(page));
        Assert.Contains("the budget of 1 s was used up", page, StringComparison.Ordinal);
        Assert.Contains("<circle", page, StringComparison.Ordinal);
        Assert.DoesNotContain("NaN\"", page, StringComparison.Ordinal);
    }

    [Fact]
    public void The_table_counts_what_was_not_run()
    {
        StringWriter text = new();
        KernelReport report = Report();
        KernelTable.WriteTail(report, text);
        Assert.Contains("1 measured, 1 wrong, 1 not run", text.ToString(), StringComparison.Ordinal);
        Assert.Contains("2 of 2 operations", text.ToString(), StringComparison.Ordinal);
        Assert.StartsWith("  WRONG: ", KernelTable.Line(report.Rows[1], Roof), StringComparison.Ordinal);
        Assert.StartsWith("  not run: ", KernelTable.Line(report.Rows[2], Roof), StringComparison.Ordinal);
    }

    private static KernelReport Report()
    {
        DeviceSnapshot device = DeviceSnapshots.H100 with { Name = "<sly> device" };
        BenchRow Row(int channels, params BenchUse[] uses) => new(
            BenchSets.Model, new(new LayerNorm(), DType.F32, DType.F32, [CaseInput.X([1, 77, channels]), CaseInput.P([channels]), CaseInput.P([channels])]), [.. uses]);
        RowResult measured = new(Row(64, new BenchUse("step", 2)), RowStatus.Measured, "all 4928 values", 1e-14, 0.2, new(9, 1e-4, 2e-4, 1e-4, IsCpu: false), 1, ["layer_norm.f32(256) 77x1x1"], null);
        return new(
            device, DevicePlan.Decide(device, new()), Roof,
            [
                measured,
                new(Row(128), RowStatus.Wrong, "all values", double.NaN, null, null, double.NaN, [], "NMSE NaN, at most 1e-11 is allowed"),
                new(Row(256), RowStatus.NotRun, null, null, null, null, double.NaN, [], "the budget of 1 s was used up"),
            ],
            TimeSpan.FromSeconds(1));
    }

    [GeneratedRegex(@"https?:|//[a-z]|<link|<img|src=|@import|url\(")]
    private static partial Regex Outside();

    [GeneratedRegex("<tr class=\"(Measured|Wrong|NotRun)\"")]
    private static partial Regex Row();
}
