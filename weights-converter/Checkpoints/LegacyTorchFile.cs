using System.Buffers.Binary;
using System.Numerics;
using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.WeightsConverter.Pickle;

namespace Hummingbird.Vulkan.WeightsConverter.Checkpoints;

/// <summary>What torch.save wrote before 1.6: pickles of a magic number, a version, the machine, the object and the storage keys, then
/// for each key a count and the bare values.</summary>
internal sealed class LegacyTorchFile(CheckpointBytes file, CheckpointOptions options)
{
    private const long Version = 1001;
    private static readonly BigInteger Magic = BigInteger.Parse("119547037146038801333356");

    private readonly Dictionary<string, StorageReference> referenced = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> begins = new(StringComparer.Ordinal);

    public Checkpoint Open()
    {
        var input = new PickleInput(file, 0, file.Length);
        if (Next(input) is not BigInteger magic || magic != Magic)
            throw file.Bad("is a pickle, but no PyTorch checkpoint: it does not begin with torch's magic number");
        if (Next(input) is not Version)
            throw file.Bad($"is a PyTorch checkpoint of an unknown version, expected {Version}");
        if (Next(input) is not PickleDict machine || machine.Get("little_endian") is not true)
            throw file.Bad("was saved on a big-endian machine; save it again on a little-endian one");
        var reader = new PickleReader(input, StorageOf, options.AllowsInertObjects);
        object? root = reader.Read(atEnd: false);
        if (Next(input) is not PickleList keys)
            throw file.Bad("has no list of storages behind its object");
        LocateStorages(keys, input.Position);
        var views = new StorageViews(file, storage => begins[storage.Key]);
        IReadOnlyList<SourceTensor> tensors = new StateDictionary(file, views).Flatten(root, reader.FirstForeignCall, options);
        return new Checkpoint(file.DisplayName, CheckpointFormat.TorchLegacy, tensors, [file.DisplayName], [file]);
    }

    private object? Next(PickleInput input) =>
        new PickleReader(input, _ => throw file.Bad("refers to a storage where there can be none"), allowsInert: false).Read(atEnd: false);

    private object? StorageOf(PickleTuple id)
    {
        // A whole pickled module names the source text of its classes as well.
        if (id.Items is ["module", GlobalName name, ..])
            return name;
        if (id.Items is not (["storage", GlobalName, string, string, long] or ["storage", GlobalName, string, string, long, null]))
            throw file.Bad("refers to something outside its pickle that is no whole storage");
        (GlobalName typeName, string key, long count) = ((GlobalName)id.Items[1]!, (string)id.Items[2]!, (long)id.Items[4]!);
        WeightType type = PickleGlobals.StorageType(typeName)
            ?? throw file.Bad($"has a storage of {Quote.Name(typeName.ToString())}; supported are Float, Half, BFloat16, Double, Byte, Char, Short, Int, Long and Bool storages");
        if (count < 0 || count > file.Length / type.SizeInBytes())
            throw file.Bad($"says storage {Quote.Name(key)} has {count} elements of {type.SizeInBytes()} bytes, more than the file holds");
        var storage = new StorageReference(key, type, count);
        if (!referenced.TryAdd(key, storage) && referenced[key] != storage)
            throw file.Bad($"describes storage {Quote.Name(key)} in two ways");
        return storage;
    }

    private void LocateStorages(PickleList keys, long at)
    {
        foreach (object? item in keys.Items)
        {
            if (item is not string key || !referenced.TryGetValue(key, out StorageReference? storage))
                throw file.Bad("lists a storage that no tensor refers to");
            long count = BinaryPrimitives.ReadInt64LittleEndian(file.ReadBytes(at, sizeof(long), "a storage's length"));
            at += sizeof(long);
            if (count != storage.Count)
                throw file.Bad($"says storage {Quote.Name(key)} has {storage.Count} elements, but {count} follow");
            if (storage.SizeInBytes > file.Length - at)
                throw file.Bad($"ends within storage {Quote.Name(key)}: the file is cut short");
            if (!begins.TryAdd(key, at))
                throw file.Bad($"lists storage {Quote.Name(key)} twice");
            at += storage.SizeInBytes;
        }

        string? missing = referenced.Keys.FirstOrDefault(key => !begins.ContainsKey(key));
        if (missing is not null)
            throw file.Bad($"refers to storage {Quote.Name(missing)}, which is not in the file");
        if (at != file.Length)
            throw file.Bad($"has {file.Length - at} bytes behind its last storage");
    }
}
