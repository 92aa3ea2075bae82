namespace HandleCache.Model.Kernel.Vfs;

/// <summary>
/// Recounts what the VFS keeps: dentries and their references, hash chains, aliases, references
/// of inodes, holders of locks, open files. While nothing is under way every reference and every
/// lock is accounted for; while something is, references are at least what can be seen.
/// </summary>
/// <param name="sb">What is mounted.</param>
/// <param name="files">The caller's open files.</param>
/// <param name="wakes">Tells whether something is under way.</param>
internal sealed class VfsValidator(SuperBlock sb, FileTable files, WakeQueue wakes)
{
    private readonly Dictionary<Dentry, int> _seen = [];
    private readonly bool _isQuiet = wakes.Running == 0;

    /// <summary>Once: what was counted stays.</summary>
    /// <param name="inodes">Every inode in memory.</param>
    /// <param name="pinned">Inodes that the file system itself holds, once for each time.</param>
    /// <param name="errors">Where to.</param>
    public void Validate(
        IEnumerable<Inode> inodes, IReadOnlyList<Inode> pinned, ValidationErrors errors)
    {
        Reach(sb.Root, errors);
        foreach (Inode inode in inodes)
            ValidateInode(inode, pinned, errors);
        CountFiles(errors);
        foreach ((Dentry dentry, int users) in _seen)
            ValidateDentry(dentry, users, errors);
        errors.Equal("dentries", _seen.Count, sb.Dcache.Count);
        ValidateLock("rename-mutex", sb.Dcache.RenameMutex, errors);
    }

    /// <summary>Walks down: each child is one user of its parent.</summary>
    private void Reach(Dentry top, ValidationErrors errors)
    {
        Stack<Dentry> rest = new();
        if (_seen.TryAdd(top, 0))
            rest.Push(top);
        while (rest.TryPop(out Dentry? dentry))
        {
            foreach (Dentry child in dentry.Children)
            {
                if (child.Parent != dentry)
                    errors.Add("dentry-parent", 1, 0);
                if (!_seen.TryAdd(child, 0))
                    continue;
                rest.Push(child);
                _seen[dentry]++;
            }
        }
    }

    private void ValidateInode(
        Inode inode, IReadOnlyList<Inode> pinned, ValidationErrors errors)
    {
        foreach (Dentry alias in inode.Aliases)
        {
            if (alias.Inode != inode)
                errors.Add("alias-of-another-inode", (long)inode.Ino, 0);
            Dentry top = alias;
            while (!top.IsRoot)
                top = top.Parent;
            Reach(top, errors);
        }

        errors.Equal("aliases-twice", inode.Aliases.Distinct().Count(), inode.Aliases.Count);
        if (inode.IsDirectory && inode.Aliases.Count > 1)
            errors.Add("directory-aliases", inode.Aliases.Count, 1);
        int users = inode.Aliases.Count + pinned.Count(held => held == inode);
        if (_isQuiet)
            errors.Equal("inode-references", users, inode.References);
        else if (users > inode.References)
            errors.Add("inode-references", users, inode.References);
        ValidateLock("inode-lock", inode.Lock, errors);
    }

    private void CountFiles(ValidationErrors errors)
    {
        foreach (OpenFile? file in files.All)
        {
            if (file is null)
                continue;
            if (!_seen.TryGetValue(file.Dentry, out int users))
            {
                errors.Add("file-of-a-freed-dentry", 0, 1);
                continue;
            }

            _seen[file.Dentry] = users + 1;
            if (file.Dentry.IsNegative)
                errors.Add("file-without-inode", 0, 1);
        }
    }

    private void ValidateDentry(Dentry dentry, int users, ValidationErrors errors)
    {
        if (dentry.IsKilled)
            errors.Add("dentry-killed", 1, 0);

        // The mount itself holds its root.
        users += dentry == sb.MountedRoot ? 1 : 0;
        if (_isQuiet)
            errors.Equal("dentry-references", users, dentry.References);
        else if (users > dentry.References)
            errors.Add("dentry-references", users, dentry.References);
        if (dentry.Inode is { } inode && !inode.Aliases.Contains(dentry))
            errors.Add("dentry-not-an-alias", 0, 1);
        if (dentry.IsInLookup && _isQuiet)
            errors.Add("dentry-in-lookup", 1, 0);
        if (dentry.IsInLookup
            && dentry.Parent.InLookup.GetValueOrDefault(dentry.Name) != dentry)
        {
            errors.Add("in-lookup-hash", 0, 1);
        }

        errors.Equal(
            "in-lookup", dentry.Children.Count(child => child.IsInLookup), dentry.InLookup.Count);
        ValidateChains(dentry, errors);
    }

    /// <summary>Every hashed child is in the chain of its name once, and nothing else.</summary>
    private static void ValidateChains(Dentry parent, ValidationErrors errors)
    {
        int hashed = parent.Children.Count(child => child.IsHashed);
        int chained = 0;
        foreach ((string name, Dentry first) in parent.Hashed)
        {
            for (Dentry? at = first; at is not null && chained <= hashed; at = at.NextOfName)
            {
                chained++;
                if (!at.IsHashed || at.Parent != parent || at.Name != name)
                    errors.Add("hash-chain", 0, 1);
            }
        }

        errors.Equal("hashed-names", chained, hashed);
    }

    private void ValidateLock(string name, KernelLock held, ValidationErrors errors)
    {
        if (held.IsWriteHeld && held.Readers > 0)
            errors.Add(name + "-shared-and-exclusive", held.Readers, 0);
        int holders = held.Readers + (held.IsWriteHeld ? 1 : 0);
        if (_isQuiet)
            errors.Equal(name + "-holders", 0, holders);
        if (held.Waiting > 0 && holders == 0)
            errors.Add(name + "-waiters", held.Waiting, 0);
    }
}
