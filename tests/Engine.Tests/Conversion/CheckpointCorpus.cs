using System.Buffers.Binary;
using System.Text;

namespace Hummingbird.Vulkan.Engine.Tests.Conversion;

/// <summary>Small checkpoints, one rule each: those that must be refused, with a word of the message.</summary>
internal static partial class CheckpointCorpus
{
    /// <summary>Two floats: 1 and 2.</summary>
    public static readonly byte[] TwoFloats = [0, 0, 128, 63, 0, 0, 0, 64];

    public static readonly Dictionary<string, (byte[] Bytes, string Says)> Malformed = All();

    private static Dictionary<string, (byte[] Bytes, string Says)> All()
    {
        var cases = new Dictionary<string, (byte[] Bytes, string Says)>(StringComparer.Ordinal);
        foreach ((string name, byte[] bytes, string says) in (IEnumerable<(string, byte[], string)>)[.. Contents(), .. Names(), .. Instructions(), .. Tensors(), .. Archives(), .. Legacy()])
            cases.Add(name, (bytes, says));
        return cases;
    }

    /// <summary>A checkpoint with this pickle and one storage "0" of two floats.</summary>
    public static byte[] Zip(Action<PickleText> root) => Archive(root).Bytes();

    public static ZipText Archive(Action<PickleText> root) => Archive(PickleText.Begin().Add(root).Stop().Bytes);

    public static ZipText Archive(byte[] pickle) =>
        new(new ZipMember("m/data.pkl", pickle), new ZipMember("m/data/0", TwoFloats), new ZipMember("m/version", "3\n"u8.ToArray()));

    /// <summary>{"a": tensor of two floats}.</summary>
    public static void Good(PickleText p) => p.Dict(("a", t => t.Tensor("0", 2, [2], [1])));

    private static IEnumerable<(string Name, byte[] Bytes, string Says)> Contents()
    {
        yield return ("empty", [], "no file of weights");
        yield return ("one byte", [0x50], "no file of weights");
        yield return ("zeros", new byte[100], "no file of weights");
        yield return ("text", "hello world, this is no checkpoint"u8.ToArray(), "no file of weights");
        yield return ("GGUF", [.. "GGUF"u8, 3, 0, 0, 0, .. new byte[60]], "GGUF");
        yield return ("GGML", [.. "lmgg"u8, .. new byte[60]], "GGML");
        yield return ("HDF5", [0x89, .. "HDF\r\n\u001a\n"u8, .. new byte[60]], "HDF5");
        yield return ("git-LFS pointer", "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n"u8.ToArray(), "git-LFS");
        yield return ("HTML page", "<!DOCTYPE html><html>Sign in</html>"u8.ToArray(), "HTML");
        yield return ("HTML page with blanks before", "\n\n  <html>Sign in</html>"u8.ToArray(), "HTML");
        yield return ("XML error", "<?xml version='1.0'?><Error>AccessDenied</Error>"u8.ToArray(), "HTML or XML");
        yield return ("JSON", "{\"error\": \"not found\"}"u8.ToArray(), "JSON");
        yield return ("gzip", [0x1F, 0x8B, 8, .. new byte[40]], "gzip");
        yield return ("bzip2", "BZh91AY&SY"u8.ToArray(), "compressed");
        yield return ("7z", [.. "7z"u8, 0xBC, 0xAF, 0x27, 0x1C, .. new byte[40]], "compressed");
        yield return ("xz", [0xFD, .. "7zXZ"u8, 0, .. new byte[40]], "compressed");
        yield return ("NumPy array", [0x93, .. "NUMPY"u8, 1, 0, .. new byte[40]], "NumPy");
        yield return ("NumPy archive", new ZipText(new ZipMember("a.npy", TwoFloats)).Bytes(), "NumPy archive");
        yield return ("ONNX", [0x08, 0x07, 0x12, 0x07, .. "pytorch"u8, .. new byte[40]], "ONNX");
        yield return ("office document", new ZipText(new ZipMember("[Content_Types].xml", TwoFloats)).Bytes(), "office");
        yield return ("empty zip", [.. "PK\u0005\u0006"u8, .. new byte[18]], "empty zip");
        yield return ("TorchScript by its code", new ZipText(new ZipMember("m/data.pkl", [0x80, 2, (byte)'N', (byte)'.']), new ZipMember("m/code/__torch__.py", TwoFloats)).Bytes(), "TorchScript");
        yield return ("TorchScript by its constants", new ZipText(new ZipMember("m/data.pkl", [0x80, 2, (byte)'N', (byte)'.']), new ZipMember("m/constants.pkl", TwoFloats)).Bytes(), "TorchScript");
        yield return ("zip without pickle", new ZipText(new ZipMember("readme.txt", TwoFloats)).Bytes(), "without data.pkl");
        yield return ("two pickles", new ZipText(new ZipMember("a/data.pkl", TwoFloats), new ZipMember("b/data.pkl", TwoFloats)).Bytes(), "2 pickles");
        yield return ("pickle too deep in folders", new ZipText(new ZipMember("a/b/data.pkl", TwoFloats)).Bytes(), "without data.pkl");
        yield return ("big-endian", (Archive(Good) with { Members = [.. Archive(Good).Members, new ZipMember("m/byteorder", "big"u8.ToArray())] }).Bytes(), "big-endian");
        yield return ("no tensors", Zip(p => p.Dict()), "no tensors");
        yield return ("only numbers", Zip(p => p.Dict(("a", t => t.Int(1)))), "no tensors");
        yield return ("root None", Zip(p => p.Op('N')), "no tensors");
    }

    /// <summary>Names a state dictionary may not call, or not even mention.</summary>
    private static IEnumerable<(string Name, byte[] Bytes, string Says)> Names()
    {
        foreach (string name in (string[])["os.system", "posix.system", "nt.system", "os.popen", "subprocess.Popen", "subprocess.call", "subprocess.check_output",
            "__builtin__.eval", "builtins.exec", "builtins.eval", "builtins.__import__", "builtins.compile", "builtins.open", "builtins.globals", "builtins.setattr", "builtins.type", "builtins.input",
            "builtins.breakpoint", "runpy.run_path", "runpy._run_code", "importlib.import_module", "pty.spawn", "socket.socket", "shutil.rmtree", "sys.exit", "ctypes.CDLL", "pickle.loads", "_pickle.loads",
            "marshal.loads", "types.CodeType", "types.FunctionType", "codecs.decode", "operator.attrgetter", "operator.methodcaller", "functools.reduce", "webbrowser.open", "multiprocessing.Process",
            "threading.Thread", "asyncio.run", "platform.popen", "pdb.run", "code.interact", "timeit.timeit", "cProfile.run", "profile.run", "pydoc.pipepager", "tempfile.mktemp", "urllib.request.urlopen",
            "http.client.HTTPConnection", "smtplib.SMTP", "distutils.spawn.spawn", "pip.main", "IPython.embed", "dill.loads", "cloudpickle.loads", "joblib.load", "requests.get", "sqlite3.connect",
            "zipimport.zipimporter", "site.main", "atexit.register", "signal.signal", "gc.get_objects", "inspect.currentframe", "linecache.getline", "logging.config.listen", "pathlib.Path.unlink",
            "commands.getoutput", "bdb.Bdb", "trace.Trace", "ensurepip.bootstrap", "venv.create", "resource.setrlimit", "tarfile.open", "glob.glob"])
        {
            int dot = name.LastIndexOf('.');
            (string module, string function) = (name[..dot], name[(dot + 1)..]);
            yield return ($"call of {name}", Zip(p => p.Dict(("a", t => t.Tensor("0", 2, [2], [1])), ("b", t => t.Global(module, function).Op('(').Str("true").Op('t').Op('R')))), "refused");
        }

        yield return ("call whose result is dropped", Zip(p => p.Global("os", "system").Op('(').Str("true").Op('t').Op('R').Op('0').Add(Good)), "os.system");
        yield return ("name that is only mentioned", Zip(p => p.Dict(("a", t => t.Tensor("0", 2, [2], [1])), ("b", t => t.Global("os", "system")))), "os.system");
        yield return ("name on the stack", Zip(p => p.Str("os").Str("system").Raw(0x93).Op('(').Str("true").Op('t').Op('R')), "os.system");
        yield return ("dotted name", Zip(p => p.Str("collections").Str("OrderedDict.fromkeys").Raw(0x93).Op(')').Op('R')), "refused");
        yield return ("foreign function", Zip(p => p.Dict(("a", t => t.Tensor("0", 2, [2], [1])), ("b", t => t.Global("torch.hub", "load").Op(')').Op('R')))), "torch.hub.load");
        yield return ("foreign class called", Zip(p => p.Dict(("a", t => t.Tensor("0", 2, [2], [1])), ("b", t => t.Global("evil", "Thing").Op(')').Op('R')))), "evil.Thing");
        yield return ("foreign object", Zip(p => p.Dict(("a", t => t.Tensor("0", 2, [2], [1])), ("b", t => t.Global("evil", "Thing").Op(')').Raw(0x81)))), "evil.Thing");
        yield return ("foreign object dropped", Zip(p => p.Global("evil", "Thing").Op(')').Raw(0x81).Op('0').Add(Good)), "evil.Thing");
        yield return ("getattr in a state dict", Zip(p => p.Dict(("a", t => t.Tensor("0", 2, [2], [1])), ("b", t => t.Global("__builtin__", "getattr").Op('(').Str("x").Str("y").Op('t').Op('R')))), "getattr");
        yield return ("partial in a state dict", Zip(p => p.Dict(("a", t => t.Tensor("0", 2, [2], [1])), ("b", t => t.Global("functools", "partial").Op('(').Str("x").Op('t').Op('R')))), "partial");
        yield return ("os.system within a module", Zip(p => Module(p, t => t.Global("os", "system").Op('(').Str("true").Op('t').Op('R'))), "os.system");
        yield return ("exec within a module", Zip(p => Module(p, t => t.Global("__builtin__", "exec").Op('(').Str("1").Op('t').Op('R'))), "exec");
        yield return ("foreign function within a module", Zip(p => Module(p, t => t.Global("evil", "run").Op('(').Str("1").Op('t').Op('R'))), "evil.run");
        yield return ("instruction INST", Zip(p => p.Op('(').Str("true").Op('i').Raw(Encoding.UTF8.GetBytes("os\nsystem\n"))), "0x69");
        yield return ("instruction OBJ", Zip(p => p.Op('(').Global("evil", "Thing").Op('o')), "0x6f");
        yield return ("instruction NEWOBJ_EX", Zip(p => p.Global("evil", "Thing").Op(')').Op('}').Raw(0x92)), "0x92");
        yield return ("instruction EXT1", Zip(p => p.Raw(0x82, 1)), "0x82");
        yield return ("instruction EXT2", Zip(p => p.Raw(0x83, 1, 0)), "0x83");
        yield return ("instruction EXT4", Zip(p => p.Raw(0x84, 1, 0, 0, 0)), "0x84");
        yield return ("instruction PERSID", Zip(p => p.Op('P').Raw(Encoding.UTF8.GetBytes("0\n"))), "0x50");
        yield return ("instruction NEXT_BUFFER", Zip(p => p.Raw(0x97)), "0x97");
        yield return ("instruction READONLY_BUFFER", Zip(p => p.Raw(0x98)), "0x98");
    }

    /// <summary>A whole pickled module with one parameter, and one more attribute.</summary>
    public static void Module(PickleText p, Action<PickleText> attribute) => p
        .Global("some.package", "Net").Op(')').Raw(0x81)
        .Dict(("_parameters", t => t.Dict(("weight", w => w.Tensor("0", 2, [2], [1])))), ("_buffers", t => t.Dict()), ("_modules", t => t.Dict()), ("extra", attribute))
        .Op('b');

    public static byte[] LegacyFile(Action<PickleText> root, byte[]? tail = null, string[]? keys = null, long version = 1001, bool littleEndian = true)
    {
        byte[] magic = [0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, (byte)'.'];
        PickleText list = PickleText.Begin().Op(']');
        foreach (string key in keys ?? ["0"])
            list.Str(key).Op('a');
        return [.. magic, .. PickleText.Begin().Int(version).Stop().Bytes, .. PickleText.Begin().Dict(("little_endian", t => t.Raw(littleEndian ? (byte)0x88 : (byte)0x89))).Stop().Bytes,
            .. PickleText.Begin().Add(root).Stop().Bytes, .. list.Stop().Bytes, .. tail ?? [.. Count(2), .. TwoFloats]];
    }

    public static byte[] Count(long count)
    {
        byte[] bytes = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, count);
        return bytes;
    }
}
