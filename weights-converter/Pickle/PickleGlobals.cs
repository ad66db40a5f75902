using System.Collections.Frozen;
using Hummingbird.Vulkan.Engine.Weights;

namespace Hummingbird.Vulkan.WeightsConverter.Pickle;

/// <summary>How far a name in a pickle is trusted. Nothing named is ever imported or called, whatever the answer.</summary>
internal enum GlobalStanding
{
    /// <summary>Part of how tensors and plain containers are stored: interpreted here.</summary>
    Storage,

    /// <summary>May be called anywhere; what comes out is an inert object.</summary>
    Harmless,

    /// <summary>Harmless in a whole pickled module, where Python's own containers and references occur; not in a state dict.</summary>
    OfModules,

    /// <summary>A class or function of some package: an inert token. Making objects of it is for whole pickled modules.</summary>
    Foreign,

    /// <summary>Python's standard library and what runs programs: a file that names it is refused.</summary>
    Refused,
}

/// <summary>The list of names a checkpoint may hold.</summary>
/// <remarks><para>What is refused and what becomes an inert token:</para>
/// <para>A <b>state dict</b> (root: dictionary, list or tensor) may only call the names of <see cref="GlobalStanding.Storage"/> and
/// <see cref="GlobalStanding.Harmless"/>. A name of some other package that is only mentioned, as Lightning mentions its callbacks, is an
/// inert token; REDUCE, NEWOBJ or BUILD on it refuses the file and names it, also when the result is thrown away.</para>
/// <para>A <b>whole pickled module</b> (root: an object with <c>_modules</c> and <c>_parameters</c>, or a dictionary that holds one) needs
/// objects of classes nobody can list beforehand. There, NEWOBJ and BUILD on a foreign name make an inert object; REDUCE does so when the
/// name is a class (its name begins with a capital letter), not when it is a function.</para>
/// <para>The standard library and the packages that run programs are <b>refused in both</b>, even when only mentioned, except for the
/// exact names below: containers, <c>getattr</c> and <c>functools.partial</c> (bound methods and layer factories, kept as tokens),
/// <c>typing</c>, loggers, dates and paths. <c>--inert-objects</c> lifts the rules for foreign names, never those for the standard library.</para></remarks>
internal static class PickleGlobals
{
    private static readonly FrozenSet<string> StorageNames = new[]
    {
        "collections.OrderedDict", "torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_tensor_v3",
        "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state", "torch._tensor._rebuild_from_type_v2",
        "torch.Size", "torch.storage.UntypedStorage", "torch.nn.parameter.Parameter", "torch.Tensor", "torch._tensor.Tensor",
    }.ToFrozenSet(StringComparer.Ordinal);

    private static readonly FrozenSet<string> HarmlessNames = new[]
    {
        "torch.device", "_codecs.encode", "numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar", "numpy.dtype",
        "__builtin__.set", "builtins.set", "__builtin__.frozenset", "builtins.frozenset", "collections.defaultdict",
    }.ToFrozenSet(StringComparer.Ordinal);

    private static readonly FrozenSet<string> NamesOfModules = new[]
    {
        "builtins.getattr", "builtins.dict", "builtins.list", "builtins.tuple", "builtins.int", "builtins.float", "builtins.bool",
        "builtins.str", "builtins.bytes", "builtins.bytearray", "builtins.complex", "builtins.object", "builtins.slice", "builtins.range",
        "builtins.print", "builtins.NotImplementedType", "builtins.Ellipsis",
        "functools.partial", "copyreg._reconstructor", "collections.deque", "collections.Counter", "logging.getLogger", "re._compile",
        "datetime.datetime", "datetime.timedelta", "datetime.date", "pathlib.Path", "pathlib.PosixPath", "pathlib.PurePosixPath",
        "pathlib.WindowsPath", "decimal.Decimal", "uuid.UUID", "types.SimpleNamespace", "argparse.Namespace", "enum.Enum",
    }.ToFrozenSet(StringComparer.Ordinal);

    // What is on no list of the standard library and yet only there to run something.
    private static readonly FrozenSet<string> Runners = new[]
    {
        "__builtin__", "builtins", "posix", "nt", "pip", "setuptools", "pkg_resources", "distutils", "IPython", "ipykernel", "jupyter",
        "dill", "cloudpickle", "joblib", "pexpect", "sh", "plumbum", "fabric", "paramiko", "invoke", "requests", "urllib2", "urllib3", "commands",
        "__future__", "site", "sitecustomize", "pydoc", "test", "idlelib", "lib2to3", "turtle", "antigravity", "this", "copy_reg", "popen2",
    }.ToFrozenSet(StringComparer.Ordinal);

    private static readonly FrozenSet<string> StandardLibrary = (
        "abc aifc argparse array ast asynchat asyncio asyncore atexit audioop base64 bdb binascii binhex bisect bz2 cProfile calendar cgi "
        + "cgitb chunk cmath cmd code codecs codeop collections colorsys compileall concurrent configparser contextlib contextvars copy copyreg "
        + "crypt csv ctypes curses dataclasses datetime dbm decimal difflib dis doctest email encodings ensurepip enum errno faulthandler fcntl "
        + "filecmp fileinput fnmatch formatter fractions ftplib functools gc genericpath getopt getpass gettext glob graphlib grp gzip hashlib heapq "
        + "hmac html http imaplib imghdr imp importlib inspect io ipaddress itertools json keyword linecache locale logging lzma mailbox mailcap "
        + "marshal math mimetypes mmap modulefinder msilib msvcrt multiprocessing netrc nis nntplib ntpath nturl2path numbers opcode operator "
        + "optparse os ossaudiodev parser pathlib pdb pickle pickletools pipes pkgutil platform plistlib poplib posixpath pprint profile pstats "
        + "pty pwd py_compile pyclbr pyexpat queue quopri random re readline reprlib resource rlcompleter runpy sched secrets select selectors "
        + "shelve shlex shutil signal smtpd smtplib sndhdr socket socketserver spwd sqlite3 sre_compile sre_constants sre_parse ssl stat "
        + "statistics string stringprep struct subprocess sunau symbol symtable sys sysconfig syslog tabnanny tarfile telnetlib tempfile termios "
        + "textwrap threading time timeit tkinter token tokenize tomllib trace traceback tracemalloc tty types typing unicodedata unittest urllib "
        + "uu uuid venv warnings wave weakref webbrowser winreg winsound wsgiref xdrlib xml xmlrpc zipapp zipfile zipimport zlib zoneinfo")
        .Split(' ').ToFrozenSet(StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, WeightType> ElementTypes = new Dictionary<string, WeightType>(StringComparer.Ordinal)
    {
        ["float32"] = WeightType.F32, ["float"] = WeightType.F32, ["float64"] = WeightType.F64, ["double"] = WeightType.F64,
        ["float16"] = WeightType.F16, ["half"] = WeightType.F16, ["bfloat16"] = WeightType.BF16, ["uint8"] = WeightType.U8,
        ["int8"] = WeightType.I8, ["int16"] = WeightType.I16, ["short"] = WeightType.I16, ["int32"] = WeightType.I32, ["int"] = WeightType.I32,
        ["int64"] = WeightType.I64, ["long"] = WeightType.I64, ["bool"] = WeightType.Bool,
        ["uint16"] = WeightType.U16, ["uint32"] = WeightType.U32, ["uint64"] = WeightType.U64,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    public static GlobalStanding StandingOf(GlobalName name)
    {
        string full = name.ToString();
        if (StorageNames.Contains(full) || StorageType(name) is not null || ElementType(name) is not null)
            return GlobalStanding.Storage;
        if (HarmlessNames.Contains(full))
            return GlobalStanding.Harmless;
        // Python 2's names of the same modules: what protocol 2 writes.
        string today = full.Replace("__builtin__.", "builtins.", StringComparison.Ordinal).Replace("copy_reg.", "copyreg.", StringComparison.Ordinal);
        bool isPlain = !name.Name.Contains('.') && name.Name.Length > 0 && name.Module.Length > 0;
        if (NamesOfModules.Contains(today) || (name.Module == "typing" && isPlain))
            return GlobalStanding.OfModules;
        string package = name.Module.Split('.')[0].TrimStart('_');
        bool isRefused = !isPlain || StandardLibrary.Contains(package) || Runners.Contains(package) || Runners.Contains(name.Module.Split('.')[0]);
        return isRefused ? GlobalStanding.Refused : GlobalStanding.Foreign;
    }

    /// <summary>The element type of torch.FloatStorage and its like; null for any other name.</summary>
    public static WeightType? StorageType(GlobalName name) => name.Module != "torch" ? null : name.Name switch
    {
        "FloatStorage" => WeightType.F32,
        "DoubleStorage" => WeightType.F64,
        "HalfStorage" => WeightType.F16,
        "BFloat16Storage" => WeightType.BF16,
        "ByteStorage" => WeightType.U8,
        "CharStorage" => WeightType.I8,
        "ShortStorage" => WeightType.I16,
        "IntStorage" => WeightType.I32,
        "LongStorage" => WeightType.I64,
        "BoolStorage" => WeightType.Bool,
        _ => null,
    };

    /// <summary>The element type of torch.float32 and its like; null for any other name.</summary>
    public static WeightType? ElementType(GlobalName name) =>
        name.Module == "torch" && ElementTypes.TryGetValue(name.Name, out WeightType type) ? type : null;

    public static bool IsClass(GlobalName name) => name.Name.TrimStart('_') is [>= 'A' and <= 'Z', ..];
}
