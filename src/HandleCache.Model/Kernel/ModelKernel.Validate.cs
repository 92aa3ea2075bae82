using HandleCache.Model.Inodes;

namespace HandleCache.Model.Kernel;

/// <summary>
/// Recounts what the kernel keeps beside its inode cache: dentries and their references, hash
/// chains, aliases, references of inodes, holders of locks, open files, requests under way.
/// </summary>
public sealed partial class ModelKernel
{
    /// <summary>Inodes whose RELEASE is under way, one reference each.</summary>
    private readonly List<KernelInode> _releasing = [];

    /// <summary>
    /// Calls and notifications begun and not ended: what they hold shows nowhere.
    /// </summary>
    private int _running;

    /// <summary>
    /// What is broken, if anything. While nothing is under way every reference and every lock is
    /// accounted for; while something is, references are at least what can be seen.
    /// </summary>
    public IReadOnlyList<ValidationError> Validate()
    {
        ValidationErrors errors = new();
        foreach (ValidationError error in _inodes.Validate())
            errors.Add(error.Counter, error.Counted, error.Recorded);
        if (_root is null)
            return errors.All;
        Dictionary<Dentry, int> seen = [];
        Reach(_root, seen, errors);
        int inodes = 0;
        for (InodeIndex at = _inodes.Next(InodeIndex.None); !at.IsNone; at = _inodes.Next(at))
        {
            if (_cold.Get(at).Inode is not { } inode || inode.Index != at)
            {
                errors.Add("inode-without-cold-part", at.Value, 0);
                continue;
            }

            inodes++;
            ValidateInode(inode, seen, errors);
        }

        errors.Equal("inodes", inodes, _inodes.Count);
        CountFiles(seen, errors);
        foreach ((Dentry dentry, int users) in seen)
            ValidateDentry(dentry, users, errors);
        errors.Equal("dentries", seen.Count, _dcache.Count);
        ValidateLock("rename-mutex", _dcache.RenameMutex, errors);
        _device.Validate(_running == 0 ? _releasing.Count : null, errors);
        return errors.All;
    }

    /// <summary>Walks down: each child is one user of its parent.</summary>
    private static void Reach(Dentry top, Dictionary<Dentry, int> seen, ValidationErrors errors)
    {
        Stack<Dentry> rest = new();
        if (seen.TryAdd(top, 0))
            rest.Push(top);
        while (rest.TryPop(out Dentry? dentry))
        {
            foreach (Dentry child in dentry.Children)
            {
                if (child.Parent != dentry)
                    errors.Add("dentry-parent", 1, 0);
                if (!seen.TryAdd(child, 0))
                    continue;
                rest.Push(child);
                seen[dentry]++;
            }
        }
    }

    private void ValidateInode(
        KernelInode inode, Dictionary<Dentry, int> seen, ValidationErrors errors)
    {
        long nodeId = (long)inode.NodeId;
        errors.Equal("inode-nodeid", nodeId, (long)_inodes.Get(inode.Index).NodeId);
        foreach (Dentry alias in inode.Aliases)
        {
            if (alias.Inode != inode)
                errors.Add("alias-of-another-inode", nodeId, 0);
            Dentry top = alias;
            while (!top.IsRoot)
                top = top.Parent;
            Reach(top, seen, errors);
        }

        errors.Equal("aliases-twice", inode.Aliases.Distinct().Count(), inode.Aliases.Count);
        if (inode.IsDirectory && inode.Aliases.Count > 1)
            errors.Add("directory-aliases", inode.Aliases.Count, 1);
        int users = inode.Aliases.Count + _releasing.Count(held => held == inode);
        if (_running == 0)
            errors.Equal("inode-references", users, inode.References);
        else if (users > inode.References)
            errors.Add("inode-references", users, inode.References);
        ValidateLock("inode-lock", inode.Lock, errors);
    }

    private void CountFiles(Dictionary<Dentry, int> seen, ValidationErrors errors)
    {
        foreach (OpenFile? file in _files)
        {
            if (file is null)
                continue;
            if (!seen.TryGetValue(file.Dentry, out int users))
            {
                errors.Add("file-of-a-freed-dentry", 0, 1);
                continue;
            }

            seen[file.Dentry] = users + 1;
            if (file.Dentry.Inode is not { } inode)
                errors.Add("file-without-inode", 0, 1);
            else if (!file.IsPathOnly && file.NodeId != inode.NodeId)
                errors.Add("file-nodeid", (long)inode.NodeId, (long)file.NodeId);
        }
    }

    private void ValidateDentry(Dentry dentry, int users, ValidationErrors errors)
    {
        if (dentry.IsKilled)
            errors.Add("dentry-killed", 1, 0);

        // The mount itself holds its root.
        users += dentry == _root ? 1 : 0;
        if (_running == 0)
            errors.Equal("dentry-references", users, dentry.References);
        else if (users > dentry.References)
            errors.Add("dentry-references", users, dentry.References);
        if (dentry.Inode is { } inode && !inode.Aliases.Contains(dentry))
            errors.Add("dentry-not-an-alias", 0, 1);
        if (dentry.IsInLookup && _running == 0)
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
        if (_running == 0)
            errors.Equal(name + "-holders", 0, holders);
        if (held.Waiting > 0 && holders == 0)
            errors.Add(name + "-waiters", held.Waiting, 0);
    }
}
