using System.Text.Json;
using Hummingbird.Vulkan.Engine.Graph;

namespace Hummingbird.Vulkan.Bench.Models;

/// <summary>A measured generation as JSON: SI units, every node of every graph.</summary>
public static class ModelBenchJson
{
    /// <summary>Changes when a field changes its name or its meaning.</summary>
    public const string Schema = "hummingbird-bench-model/1";

    public static void Write(ModelReport report, ModelComparison? comparison, Stream stream)
    {
        using Utf8JsonWriter json = new(stream, new() { Indented = true });
        json.WriteStartObject();
        json.WriteString("schema", Schema);
        json.WritePropertyName("device");
        json.WriteRawValue(report.Device.ToJson());
        json.WriteNumber("roofline_flops_per_second", report.Roof.FlopsPerSecond);
        json.WriteNumber("roofline_bytes_per_second", report.Roof.BytesPerSecond);
        json.WriteString("roofline_clock", report.Roof.Void.IsCpu ? "processor, per core" : "device");
        json.WriteNumber("slowdown", report.Plan.Options.Slowdown);
        WriteModel(json, report);
        if (comparison is not null)
        {
            json.WriteStartObject("compared_with");
            WriteModel(json, comparison.Slow);
            json.WriteNumber("ratio", comparison.Ratio);
            json.WriteNumber("flop_ratio", comparison.FlopRatio);
            json.WriteNumber("unet_ratio", comparison.UNetRatio);
            json.WriteNumber("unet_flop_ratio", comparison.UNetFlopRatio);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void WriteModel(Utf8JsonWriter json, ModelReport report)
    {
        json.WriteString("model", report.Model);
        json.WriteNumber("frames", report.Request.Frames);
        json.WriteNumber("steps", report.Request.Steps);
        json.WriteNumber("width", report.Request.Width);
        json.WriteNumber("height", report.Request.Height);
        json.WriteNumber("seconds", report.Seconds);
        json.WriteNumber("flops", report.Flops);
        json.WriteNumber("peak_device_bytes", report.PeakDeviceBytes);
        SubmitHistogram submits = report.Submits;
        json.WriteStartObject("submits");
        json.WriteNumber("count", submits.Total);
        json.WriteNumber("median_seconds", submits.Median);
        json.WriteNumber("p99_seconds", submits.P99);
        json.WriteNumber("longest_seconds", submits.Longest.Select(s => s.Seconds).FirstOrDefault());
        json.WriteString("longest_of", submits.Longest.Select(s => s.What).FirstOrDefault(""));
        WriteNumbers(json, "bounds_milliseconds", SubmitHistogram.Bounds);
        WriteNumbers(json, "counts", submits.Counts.Select(c => (double)c));
        json.WriteEndObject();
        json.WriteStartArray("graphs");
        foreach (GraphMeasurement graph in report.Graphs)
        {
            WriteGraph(json, graph, report);
        }

        json.WriteEndArray();
    }

    private static void WriteGraph(Utf8JsonWriter json, GraphMeasurement graph, ModelReport report)
    {
        json.WriteStartObject();
        json.WriteString("graph", graph.Graph);
        json.WriteNumber("runs", graph.Runs);
        json.WriteNumber("measured_runs", graph.Measured.Length);
        json.WriteNumber("wall_seconds", graph.Seconds);
        json.WriteNumber("processor_seconds", graph.Last.ProcessorSeconds);
        json.WriteNumber("load_seconds", graph.LoadSeconds);
        json.WriteNumber("flops", graph.Cost.Flops);
        json.WriteNumber("bytes", graph.Cost.Bytes);
        json.WriteNumber("weight_arena_bytes", graph.WeightsInBytes);
        json.WriteNumber("activation_arena_bytes", graph.ActivationsInBytes);
        json.WriteStartArray("kernels");
        foreach (KernelShare kernel in graph.Kernels(report.Roof.LeastSeconds))
        {
            json.WriteStartObject();
            json.WriteString("kernel", kernel.Kernel);
            json.WriteNumber("nodes", kernel.Nodes);
            json.WriteNumber("seconds", kernel.Seconds);
            json.WriteNumber("flops", kernel.Cost.Flops);
            json.WriteNumber("bytes", kernel.Cost.Bytes);
            json.WriteNumber("roof_fraction", kernel.RoofFraction);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("nodes");
        for (int i = 0; i < graph.Last.NodeSeconds.Length; i++)
        {
            Node node = graph.Last.Graph.Nodes[i];
            json.WriteStartObject();
            json.WriteString("label", node.Label);
            json.WriteString("output", node.Output.Spec.ToString());
            json.WriteNumber("seconds", graph.Last.NodeSeconds[i]);
            json.WriteNumber("flops", node.Cost.Flops);
            json.WriteNumber("bytes", node.Cost.Bytes);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteNumbers(Utf8JsonWriter json, string name, IEnumerable<double> values)
    {
        json.WriteStartArray(name);
        foreach (double value in values)
        {
            json.WriteNumberValue(value);
        }

        json.WriteEndArray();
    }
}
