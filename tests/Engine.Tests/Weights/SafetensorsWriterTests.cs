using System.Collections.Immutable;
using System.Text;
using Hummingbird.Vulkan.Engine.Weights;
using Xunit;

namespace Hummingbird.Vulkan.Engine.Tests.Weights;

public sealed class SafetensorsWriterTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("hummingbird-test-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void What_is_written_reads_back()
    {
        string path = Path.Combine(folder, "out.safetensors");
        SafetensorsWriter.Write(path, Sample(), new Dictionary<string, string> { ["prompt"] = "a \"red\" φ circle\n", ["seed"] = "42" });
        using var file = SafetensorsFile.Open(path);
        Assert.Equal("a \"red\" φ circle\n", file.Metadata["prompt"]);
        Assert.Equal(["bytes", "empty", "half", "scalar", "weights"], file.Tensors.Keys.Order(StringComparer.Ordinal));
        Assert.Equal([2L, 3L], file.Tensors["weights"].Shape);
        Assert.Equal([1f, 2f, 3f, 4f, 5f, 6f], new WeightScope(SafetensorsSource.From(file))["weights"].ReadFloats());
        Assert.Equal([0.5f, -2f], new WeightScope(SafetensorsSource.From(file))["half"].ReadFloats());
        foreach (TensorEntry entry in file.Tensors.Values)
            Assert.Equal(0, entry.Begin % entry.Type.SizeInBytes());
    }

    [Fact]
    public void The_same_tensors_give_the_same_bytes_in_any_order()
    {
        using var first = new MemoryStream();
        using var second = new MemoryStream();
        SafetensorsWriter.Write(first, Sample(), new Dictionary<string, string> { ["a"] = "1", ["b"] = "2" });
        SafetensorsWriter.Write(second, Sample().Reverse(), new Dictionary<string, string> { ["b"] = "2", ["a"] = "1" });
        Assert.Equal(first.ToArray(), second.ToArray());
        Assert.Equal(0, (8 + BitConverter.ToInt64(first.ToArray())) % 8);
    }

    [Fact]
    public void A_failed_write_leaves_the_old_file_and_nothing_else()
    {
        string path = Path.Combine(folder, "out.safetensors");
        File.WriteAllText(path, "old");
        var failing = new TensorToWrite("x", WeightType.U8, [4], _ => throw new IOException("disk full"));
        Assert.Throws<IOException>(() => SafetensorsWriter.Write(path, [failing]));
        Assert.Equal("old", File.ReadAllText(path));
        Assert.Equal([path], Directory.EnumerateFileSystemEntries(folder));
    }

    [Fact]
    public void A_tensor_that_writes_too_little_is_refused()
    {
        var lying = new TensorToWrite("x", WeightType.F32, [4], stream => stream.Write(new byte[15]));
        string message = Assert.Throws<InvalidOperationException>(() => SafetensorsWriter.Write(Path.Combine(folder, "x"), [lying])).Message;
        Assert.Contains("wrote 15 bytes, expected 16", message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder));
    }

    [Fact]
    public void Doubled_and_reserved_names_are_refused()
    {
        TensorToWrite a = TensorToWrite.FromFloats("a", [1], new float[1]);
        Assert.Contains("'a'", Assert.Throws<ArgumentException>(() => SafetensorsWriter.Write(Stream.Null, [a, a])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => SafetensorsWriter.Write(Stream.Null, [a with { Name = "__metadata__" }]));
    }

    [Fact]
    public void A_folder_or_a_missing_folder_is_named()
    {
        Assert.Contains("is a folder", Assert.Throws<IOException>(() => AtomicFile.Write(folder, _ => { })).Message, StringComparison.Ordinal);
        string missing = Path.Combine(folder, "none", "x");
        Assert.Contains("does not exist", Assert.Throws<IOException>(() => AtomicFile.Write(missing, _ => { })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_device_is_not_replaced()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Devices with names are Linux'.");
        Assert.Contains("is a pipe or a device", Assert.Throws<IOException>(() => SafetensorsWriter.Write("/dev/null", Sample())).Message, StringComparison.Ordinal);
        Assert.True(SpecialFile.Is("/dev/null"));
        Assert.False(SpecialFile.Is(folder));
        Assert.False(SpecialFile.Is(Path.Combine(folder, "nothing")));
    }

    [Fact]
    public void A_symbolic_link_is_followed()
    {
        string target = Path.Combine(folder, "target"), link = Path.Combine(folder, "link");
        File.WriteAllText(target, "old");
        File.CreateSymbolicLink(link, target);
        AtomicFile.Write(link, stream => stream.Write(Encoding.UTF8.GetBytes("new")));
        Assert.Equal("new", File.ReadAllText(target));
        Assert.Equal(target, new FileInfo(link).LinkTarget);
    }

    private static TensorToWrite[] Sample() =>
    [
        TensorToWrite.FromBytes("bytes", WeightType.U8, [3], new byte[] { 1, 2, 3 }),
        TensorToWrite.FromFloats("weights", [2, 3], new float[] { 1, 2, 3, 4, 5, 6 }),
        TensorToWrite.FromFloats("scalar", [], new float[] { 7 }),
        TensorToWrite.FromFloats("empty", [0, 4], ReadOnlyMemory<float>.Empty),
        TensorToWrite.FromHalves("half", [2], new[] { (Half)0.5f, (Half)(-2f) }),
    ];

    /// <summary>Any order of writing gives the same file, also where nothing can be written but at the end.</summary>
    [Fact]
    public void The_turn_of_a_tensor_changes_nothing_in_the_file()
    {
        TensorToWrite[] tensors = [.. Enumerable.Range(0, 7).Select(i => TensorToWrite.FromFloats($"t{i}", [i + 1], Enumerable.Range(0, i + 1).Select(v => (float)(v + (10 * i))).ToArray()))];
        byte[] Written(Func<int, long> turn)
        {
            using var stream = new MemoryStream();
            stream.WriteByte(7); // does not begin at 0
            SafetensorsWriter.Write(stream, tensors.Select((t, i) => t with { Turn = turn(i) }));
            stream.WriteByte(8);
            return stream.ToArray();
        }

        byte[] expected = Written(_ => 0);
        Assert.Equal(expected, Written(i => -i));
        Assert.Equal(expected, Written(i => i * 3 % 7));
    }
}
