using System.CommandLine;
using HandleCache.Lab;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Cli.Common;

/// <summary>
/// <c>--device</c> and <c>--type</c>: which FUSE of the kernel a command mounts. One names the
/// other: the device of a type is /dev/TYPE.
/// </summary>
internal sealed class DriverOption
{
    private readonly Option<string?> _device = new("--device")
    {
        Description = "Device of the FUSE to mount (default: /dev/TYPE)",
    };

    private readonly Option<string?> _type = new("--type")
    {
        Description = "File system type of the FUSE to mount (default: fuse)",
    };

    public void AddTo(Command command)
    {
        command.Add(_device);
        command.Add(_type);
    }

    /// <exception cref="BadInputException">A type that is no name.</exception>
    public FuseDriver Of(ParseResult parsed)
    {
        string? device = parsed.GetValue(_device);
        string type = parsed.GetValue(_type)
            ?? (device is null ? FuseDriver.BuiltIn.Type : Path.GetFileName(device));
        return type.Length > 0 && type.All(c => char.IsAsciiLetterOrDigit(c) || c == '_')
            ? new FuseDriver(device ?? "/dev/" + type, type)
            : throw new BadInputException($"--type: '{type}' is no file system type");
    }
}
