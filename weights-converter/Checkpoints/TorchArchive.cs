using System.IO.Hashing;
using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.WeightsConverter.Pickle;

namespace Hummingbird.Vulkan.WeightsConverter.Checkpoints;

/// <summary>What torch.save has written since 1.6: a zip archive of NAME/data.pkl and one member NAME/data/KEY a storage.</summary>
internal sealed class TorchArchive(CheckpointBytes file, CheckpointOptions options)
{
    private const int LargestSmallMember = 64;

    private readonly Dictionary<string, ZipEntry> members = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> storages = new(StringComparer.Ordinal);
    private string root = "";

    public Checkpoint Open()
    {
        foreach (ZipEntry entry in ZipDirectory.Read(file))
            members.Add(entry.Name, entry);
        ZipEntry pickle = FindPickle();
        root = pickle.Name[..^"data.pkl".Length];
        CheckByteOrder();
        if (pickle.Length > PickleReader.LargestPickle)
            throw file.Bad($"has a pickle of {pickle.Length} bytes; at most {PickleReader.LargestPickle} are read");
        CheckContents(pickle);
        var reader = new PickleReader(new PickleInput(file, pickle.Begin, pickle.End), StorageOf, options.AllowsInertObjects);
        object? value = reader.Read(atEnd: true);
        var views = new StorageViews(file, storage => storages[storage.Key]);
        IReadOnlyList<SourceTensor> tensors = new StateDictionary(file, views).Flatten(value, reader.FirstForeignCall, options);
        if (options.ChecksContents)
        {
            foreach (ZipEntry entry in members.Values)
                CheckContents(entry);
        }

        return new Checkpoint(file.DisplayName, CheckpointFormat.TorchZip, tensors, [file.DisplayName], [file]) { Members = [.. members.Values] };
    }

    private ZipEntry FindPickle()
    {
        ZipEntry[] pickles = [.. members.Values.Where(e => e.Name == "data.pkl" || (e.Name.EndsWith("/data.pkl", StringComparison.Ordinal) && e.Name.Count(c => c == '/') == 1))];
        bool isScript = members.Keys.Any(name => name.EndsWith("constants.pkl", StringComparison.Ordinal) || name.Contains("/code/", StringComparison.Ordinal));
        if (isScript)
            throw file.Bad("is a TorchScript program, not a checkpoint; TorchScript is not supported, use the state dict or safetensors release of the model");
        return pickles.Length switch
        {
            1 => pickles[0],
            0 when members.Keys.Any(n => n.EndsWith(".npy", StringComparison.Ordinal)) => throw file.Bad("is a NumPy archive (.npz); use the PyTorch or safetensors release of the model"),
            0 when members.Keys.Any(n => n.StartsWith("word/", StringComparison.Ordinal) || n == "[Content_Types].xml") => throw file.Bad("is an office document, no weights"),
            0 => throw file.Bad("is a zip archive without data.pkl: not a PyTorch checkpoint. If checkpoints are packed in it, unpack it first"),
            _ => throw file.Bad($"holds {pickles.Length} pickles named data.pkl, expected one"),
        };
    }

    private void CheckByteOrder()
    {
        if (!members.TryGetValue(root + "byteorder", out ZipEntry? entry))
            return;
        byte[] order = file.ReadBytes(entry.Begin, (int)Math.Min(entry.Length, LargestSmallMember), "byteorder");
        if (!order.AsSpan().SequenceEqual("little"u8))
            throw file.Bad("was saved on a big-endian machine; save it again on a little-endian one");
    }

    private StorageReference StorageOf(PickleTuple id)
    {
        if (id.Items is not ["storage", GlobalName typeName, string key, string, long count])
            throw file.Bad("refers to something outside its pickle that is no storage");
        bool isUntyped = typeName is { Module: "torch.storage", Name: "UntypedStorage" };
        WeightType? type = PickleGlobals.StorageType(typeName);
        if (type is null && !isUntyped)
            throw file.Bad($"has a storage of {Quote.Name(typeName.ToString())}; supported are Float, Half, BFloat16, Double, Byte, Char, Short, Int, Long and Bool storages");
        if (!members.TryGetValue($"{root}data/{key}", out ZipEntry? entry))
            throw file.Bad($"refers to storage {Quote.Name(key)}, which is not in the archive");
        int size = type?.SizeInBytes() ?? 1;
        if (count < 0 || (UInt128)count * (UInt128)size != (UInt128)entry.Length)
            throw file.Bad($"says storage {Quote.Name(key)} has {count} elements of {size} bytes, but the archive holds {entry.Length} bytes");
        storages[key] = entry.Begin;
        return new StorageReference(key, type, count);
    }

    private void CheckContents(ZipEntry entry)
    {
        byte[] buffer = new byte[Math.Min(1 << 20, entry.Length)];
        var sum = new Crc32();
        for (long at = entry.Begin; at < entry.End; at += buffer.Length)
        {
            Span<byte> part = buffer.AsSpan(0, (int)Math.Min(buffer.Length, entry.End - at));
            file.Read(at, part, Quote.Name(entry.Name));
            sum.Append(part);
        }

        uint crc = sum.GetCurrentHashAsUInt32();
        if (crc != entry.Crc)
            throw file.Bad($"member {Quote.Name(entry.Name)} has checksum {crc:x8}, expected {entry.Crc:x8}: the file is damaged, fetch it again");
    }
}
