using System.Globalization;
using System.Text;

namespace HandleCache.Lab.Guests;

/// <summary>
/// Writes an initramfs: a cpio archive in the "newc" form, as Linux unpacks it
/// (Documentation/driver-api/early-userspace/buffer-format.rst, v6.18).
/// </summary>
internal sealed class Initramfs(Stream output)
{
    private const uint FolderMode = 0x41ED;
    private const uint ProgramMode = 0x81ED;
    private const uint FileMode = 0x81A4;
    private const uint LinkMode = 0xA1FF;

    private int _number;

    public void Folder(string path) => Entry(path, FolderMode, []);

    public void Link(string path, string target) =>
        Entry(path, LinkMode, Encoding.UTF8.GetBytes(target));

    public void File(string path, byte[] content, bool isProgram = false) =>
        Entry(path, isProgram ? ProgramMode : FileMode, content);

    public void Text(string path, string content, bool isProgram = false) =>
        File(path, Encoding.UTF8.GetBytes(content), isProgram);

    /// <summary>The record after which the kernel stops reading.</summary>
    public void End() => Entry("TRAILER!!!", 0, []);

    private void Entry(string path, uint mode, byte[] content)
    {
        byte[] name = Encoding.UTF8.GetBytes(path + '\0');
        int links = (mode & FolderMode) == FolderMode ? 2 : 1;
        long[] fields =
        [
            ++_number, mode, 0, 0, links, 0, content.Length, 0, 0, 0, 0, name.Length, 0,
        ];
        StringBuilder head = new("070701");
        foreach (long field in fields)
            head.Append(field.ToString("x8", CultureInfo.InvariantCulture));
        Write(Encoding.ASCII.GetBytes(head.ToString()), padded: false);
        Write(name, padded: true, before: head.Length);
        Write(content, padded: true);
    }

    /// <summary>Name and content each end on a multiple of 4 of the archive.</summary>
    private void Write(byte[] bytes, bool padded, int before = 0)
    {
        output.Write(bytes);
        if (padded)
            output.Write(new byte[(4 - ((before + bytes.Length) % 4)) % 4]);
    }
}
