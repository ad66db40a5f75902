using System.Runtime.InteropServices;
using Hummingbird.Vulkan.Engine.Weights;
using Xunit;

namespace Hummingbird.Vulkan.Engine.Tests.Weights;

public sealed class SafetensorsFileTests
{
    public static TheoryData<string> Malformed => [.. SafetensorsCorpus.Malformed.Keys];

    public static TheoryData<string> WellFormed => [.. SafetensorsCorpus.WellFormed.Keys];

    [Fact]
    public void The_corpus_has_its_size() => Assert.InRange(SafetensorsCorpus.Malformed.Count, 160, int.MaxValue);

    [Theory]
    [MemberData(nameof(Malformed))]
    public void Refuses(string rule)
    {
        (byte[] bytes, string says) = SafetensorsCorpus.Malformed[rule];
        string message = Assert.Throws<WeightException>(() => SafetensorsFile.Open(bytes, "bad.safetensors")).Message;
        Assert.Contains(says, message, StringComparison.Ordinal);
        Assert.StartsWith("bad.safetensors: ", message, StringComparison.Ordinal);
        Assert.DoesNotContain(message, char.IsControl);
    }

    [Theory]
    [MemberData(nameof(WellFormed))]
    public void Opens(string rule)
    {
        using var file = SafetensorsFile.Open(SafetensorsCorpus.WellFormed[rule], "good.safetensors");
        foreach (TensorEntry entry in file.Tensors.Values)
        {
            byte[] values = new byte[entry.SizeInBytes];
            file.Read(entry, values);
            Assert.Equal(SafetensorsCorpus.Data((int)entry.End)[(int)entry.Begin..], values);
            file.ReadFloats(entry, new float[entry.ElementCount]); // every type has a value in fp32
        }
    }

    [Fact]
    public void The_same_verdict_from_a_file_on_disk()
    {
        string path = Path.GetTempFileName();
        try
        {
            foreach ((byte[] bytes, string says) in SafetensorsCorpus.Malformed.Values)
            {
                File.WriteAllBytes(path, bytes);
                Assert.Contains(says, Assert.Throws<WeightException>(() => SafetensorsFile.Open(path)).Message, StringComparison.Ordinal);
            }

            foreach (byte[] bytes in SafetensorsCorpus.WellFormed.Values)
            {
                File.WriteAllBytes(path, bytes);
                using var file = SafetensorsFile.Open(path);
                Assert.Equal(bytes.Length, file.Length);
            }
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void A_lying_header_is_refused_before_memory_is_taken()
    {
        byte[] bytes = SafetensorsCorpus.One("F32", "[1000000000]", "[0,4000000000]", 8);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<WeightException>(() => SafetensorsFile.Open(bytes, "bomb"));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Fact]
    public void Twenty_thousand_mutations_open_or_are_refused_with_the_one_exception()
    {
        byte[][] seeds = [.. SafetensorsCorpus.WellFormed.Values, .. SafetensorsCorpus.Malformed.Values.Select(m => m.Bytes).Where(b => b.Length > 8)];
        const string syntax = "{}[]:,\"0189 -.eE\\u";
        uint state = 1;
        int opened = 0, refused = 0;
        for (int i = 0; i < 20_000; i++)
        {
            byte[] bytes = [.. seeds[Next(seeds.Length)]];
            for (int n = Next(3); n >= 0; n--)
                Mutate(ref bytes);
            try
            {
                using var file = SafetensorsFile.Open(bytes, "mutated");
                opened++;
            }
            catch (WeightException)
            {
                refused++;
            }
        }

        Assert.True(opened > 100 && refused > 10_000, $"{opened} opened, {refused} refused");

        int Next(int below)
        {
            state = (state * 1664525) + 1013904223;
            return (int)((ulong)state * (ulong)below >> 32);
        }

        void Mutate(ref byte[] bytes)
        {
            int at = Next(bytes.Length);
            if (Next(4) == 0)
                bytes = [.. bytes[..at], .. bytes[(at + Next(bytes.Length - at))..]];
            else if (Next(3) == 0)
                bytes = [.. bytes[..at], (byte)Next(256), .. bytes[at..]];
            else
                bytes[at] = Next(2) == 0 ? (byte)Next(256) : (byte)syntax[Next(syntax.Length)];
            if (bytes.Length == 0)
                bytes = [0];
        }
    }

    [Fact]
    public void More_than_a_hundred_thousand_tensors_are_refused()
    {
        string entries = string.Join(',', Enumerable.Range(0, 100_001).Select(i => $"\"{i}\":{{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}"));
        string message = Assert.Throws<WeightException>(() => SafetensorsFile.Open(SafetensorsCorpus.Text("{" + entries + "}"), "many")).Message;
        Assert.Contains("more than 100000 tensors", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/no/such/file.safetensors", "no such file")]
    [InlineData("/", "is a folder")]
    [InlineData("", "cannot be read")]
    public void Names_a_path_that_cannot_be_opened(string path, string says) =>
        Assert.Contains(says, Assert.Throws<WeightException>(() => SafetensorsFile.Open(path)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_file_cut_while_open_gives_an_error_not_a_crash()
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, SafetensorsCorpus.One("F32", "[1024]", "[0,4096]", 4096));
            using var file = SafetensorsFile.Open(path);
            using (var cut = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
                cut.SetLength(200);
            string message = Assert.Throws<WeightException>(() => file.ReadFloats(file.Tensors["a"], new float[1024])).Message;
            Assert.Contains("cut or changed while open", message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Every_half_and_bfloat16_converts_exactly()
    {
        ushort[] bits = [.. Enumerable.Range(0, 65536).Select(i => (ushort)i)];
        byte[] header = SafetensorsCorpus.Text("""{"h":{"dtype":"F16","shape":[65536],"data_offsets":[0,131072]},"b":{"dtype":"BF16","shape":[256,256],"data_offsets":[131072,262144]}}""");
        using var file = SafetensorsFile.Open((byte[])[.. header, .. MemoryMarshal.AsBytes<ushort>(bits), .. MemoryMarshal.AsBytes<ushort>(bits)], "all");
        float[] halves = new float[65536], bfloats = new float[65536];
        file.ReadFloats(file.Tensors["h"], halves);
        file.ReadFloats(file.Tensors["b"], bfloats);
        Half[] back = new Half[65536];
        file.ReadHalves(file.Tensors["h"], back);
        for (int i = 0; i < bits.Length; i++)
        {
            Assert.Equal(bits[i], BitConverter.HalfToUInt16Bits(back[i]));
            Assert.Equal((float)BitConverter.UInt16BitsToHalf(bits[i]), halves[i]);
            Assert.Equal((uint)bits[i] << 16, BitConverter.SingleToUInt32Bits(bfloats[i]) & 0xFFFF0000u);
        }
    }

    [Fact]
    public void Every_type_reads_its_extremes()
    {
        Assert.Equal([-128f, 127f], Read<sbyte>("I8", [-128, 127]));
        Assert.Equal([-32768f, 32767f], Read<short>("I16", [-32768, 32767]));
        Assert.Equal([-2147483648f, 16777216f], Read<int>("I32", [int.MinValue, 1 << 24]));
        Assert.Equal([-9223372036854775808f, 5f], Read<long>("I64", [long.MinValue, 5]));
        Assert.Equal([0f, 255f], Read<byte>("U8", [0, 255]));
        Assert.Equal([0f, 65535f], Read<ushort>("U16", [0, 65535]));
        Assert.Equal([0f, 4294967296f], Read<uint>("U32", [0, uint.MaxValue]));
        Assert.Equal([0f, 18446744073709551616f], Read<ulong>("U64", [0, ulong.MaxValue]));
        Assert.Equal([0f, 1f], Read<byte>("BOOL", [0, 1]));
        Assert.Equal([0.1f, -1e30f], Read<double>("F64", [0.1, -1e30]));
        Assert.Equal([0.1f, -1e30f], Read<float>("F32", [0.1f, -1e30f]));
    }

    [Fact]
    public void Windows_read_the_part_asked_for()
    {
        float[] values = [.. Enumerable.Range(0, 50_000).Select(i => (float)i)];
        Half[] halves = [.. Enumerable.Range(0, 2000).Select(i => (Half)i)];
        using var stream = new MemoryStream();
        SafetensorsWriter.Write(stream, [TensorToWrite.FromFloats("f", [50_000], values), TensorToWrite.FromHalves("h", [2000], halves)]);
        using var file = SafetensorsFile.Open(stream.ToArray(), "windows");
        float[] window = new float[5];
        file.ReadFloats(file.Tensors["f"], window, first: 49_995);
        Assert.Equal([49995f, 49996f, 49997f, 49998f, 49999f], window);
        file.ReadFloats(file.Tensors["h"], window, first: 7);
        Assert.Equal([7f, 8f, 9f, 10f, 11f], window);
        Assert.Throws<ArgumentOutOfRangeException>(() => file.ReadFloats(file.Tensors["f"], new float[5], first: 49_996));
        Assert.Throws<ArgumentOutOfRangeException>(() => file.ReadFloats(file.Tensors["f"], new float[5], first: -1));
    }

    private static float[] Read<T>(string dtype, T[] values)
        where T : unmanaged
    {
        byte[] data = MemoryMarshal.AsBytes<T>(values).ToArray();
        byte[] header = SafetensorsCorpus.One(dtype, $"[{values.Length}]", $"[0,{data.Length}]");
        using var file = SafetensorsFile.Open((byte[])[.. header, .. data], dtype);
        float[] floats = new float[values.Length];
        file.ReadFloats(file.Tensors["a"], floats);
        return floats;
    }
}
