using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.WeightsConverter.Pickle;

namespace Hummingbird.Vulkan.WeightsConverter.Checkpoints;

/// <summary>From a pickle's root to named tensors: state dictionaries, the dictionaries around them, whole pickled modules.</summary>
internal sealed class StateDictionary(CheckpointBytes file, StorageViews views)
{
    private const int MostTensors = 100_000, MostVisits = 300_000, LongestName = 1024, Deepest = 200;

    // Where a training script puts the state dictionary inside its checkpoint; the first that is there wins.
    private static readonly string[] Wrappers = ["state_dict", "module", "params_ema", "params", "model_state_dict", "model", "ema", "net", "weights"];

    // DeepSpeed's and DataParallel's wrappers around the model.
    private static readonly string[] OuterPrefixes = ["_forward_module.", "module."];

    private readonly List<SourceTensor> tensors = [];

    public IReadOnlyList<SourceTensor> Flatten(object? root, string? firstForeignCall, CheckpointOptions options)
    {
        bool holdsModule = IsModule(root) || (root is PickleDict dictionary && dictionary.Items.Any(item => IsModule(item.Value)));
        if (firstForeignCall is not null && !holdsModule && !options.AllowsInertObjects)
        {
            throw file.Bad($"the pickle {firstForeignCall}, which no state dict needs: refused. Nothing in the file was run. "
                + "If the file is to be trusted, --inert-objects reads its tensors and drops such objects");
        }

        Walk(Unwrap(root));
        if (tensors.Count == 0)
            throw file.Bad("holds no tensors");
        return WithoutOuterPrefix();
    }

    private static bool IsModule(object? value) => value is InertObject { IsModule: true };

    private static object? Unwrap(object? root)
    {
        for (int depth = 0; depth < 4 && root is PickleDict dictionary && !dictionary.Items.Any(item => item.Value is TensorReference); depth++)
        {
            object? inner = Wrappers.Select(dictionary.Get).FirstOrDefault(value => value is PickleDict { Items.Count: > 0 } || IsModule(value));
            if (inner is null)
                break;
            root = inner;
        }

        return root;
    }

    /// <summary>Depth first with a stack of its own; what is reachable by two names gets both.</summary>
    private void Walk(object? root)
    {
        var pending = new Stack<(object? Value, string Name, int Depth)>();
        pending.Push((root, "", 0));
        for (int visits = 0; pending.TryPop(out (object? Value, string Name, int Depth) node); visits++)
        {
            if (visits > MostVisits)
                throw file.Bad($"is nested into more than {MostVisits} values");
            if (node.Depth > Deepest || node.Name.Length > LongestName)
                throw file.Bad($"is nested more than {Deepest} deep, or into itself");
            if (node.Value is TensorReference tensor)
                Add(node.Name, tensor);
            else
                PushChildren(pending, node);
        }
    }

    private void Add(string name, TensorReference tensor)
    {
        if (tensors.Count == MostTensors)
            throw file.Bad($"holds more than {MostTensors} tensors");
        tensors.Add(views.Open(name.Length == 0 ? "tensor" : name, tensor));
    }

    private static void PushChildren(Stack<(object? Value, string Name, int Depth)> pending, (object? Value, string Name, int Depth) node)
    {
        IEnumerable<KeyValuePair<object?, object?>> children = node.Value switch
        {
            PickleDict dictionary => dictionary.Items,
            InertObject { IsModule: true } module => PartsOf(module),
            PickleList list when list.Items.Exists(IsTensorOrList) => list.Items.Select((item, i) => new KeyValuePair<object?, object?>(i.ToString(), item)),
            PickleTuple tuple when tuple.Items.Any(IsTensorOrList) => tuple.Items.Select((item, i) => new KeyValuePair<object?, object?>(i.ToString(), item)),
            _ => [],
        };
        foreach ((object? key, object? child) in children.Reverse())
        {
            bool isOfInterest = child is TensorReference or PickleDict or PickleList or PickleTuple or InertObject;
            if (isOfInterest && key is string or long)
                pending.Push((child, node.Name.Length == 0 ? $"{key}" : $"{node.Name}.{key}", node.Depth + 1));
        }
    }

    private static bool IsTensorOrList(object? value) => value is TensorReference or PickleList;

    /// <summary>What state_dict() would list: parameters, persistent buffers, children.</summary>
    private static IEnumerable<KeyValuePair<object?, object?>> PartsOf(InertObject module)
    {
        HashSet<string> transient = [.. (module.State.Get("_non_persistent_buffers_set") as PickleSet)?.Items.OfType<string>() ?? []];
        foreach (string table in (string[])["_parameters", "_buffers", "_modules"])
        {
            foreach (KeyValuePair<object?, object?> part in (module.State.Get(table) as PickleDict)?.Items ?? [])
            {
                if (table != "_buffers" || part.Key is not string name || !transient.Contains(name))
                    yield return part;
            }
        }
    }

    private IReadOnlyList<SourceTensor> WithoutOuterPrefix()
    {
        string? prefix = OuterPrefixes.FirstOrDefault(p => tensors.TrueForAll(t => t.Name.StartsWith(p, StringComparison.Ordinal)));
        return prefix is null ? tensors : [.. tensors.Select(t => t.As(t.Name[prefix.Length..]))];
    }
}
