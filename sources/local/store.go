// Package local keeps secrets in files, encrypted with age, beside the code
// that uses them.
//
// The scopes of an app lie in .aside/secrets of its root, one file each:
// dev.age for a stage, type.preview.age for a type of stages, _fallback.age.
// Those of the shared scope lie under the same names in a folder of the user's.
// Every file is one JSON document, encrypted to all recipients that
// .aside/recipients.txt lists, so that a team can commit it. Earlier versions of
// the secrets are kept in it too, and, when they are many, in a file beside it,
// history.dev.age.
//
// The package reads no environment variables: see [FromEnv].
package local

import (
	"context"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/aside-cli/aside/sources"
)

// Config says where the store and the identity lie.
type Config struct {
	Root   string // the app's root folder: the store is .aside in it
	Shared string // the folder of the shared scope, or "": there is none

	// The identity is the first of these that is set: the key itself, the file
	// that must hold it, the file that the first Set makes where it is missing.
	// Age identities and SSH keys without a passphrase are understood.
	Identity        sources.Secret
	IdentityFile    string
	DefaultIdentity string

	// User is who writes, as History is to tell it: alice@laptop. It may be "".
	User string

	// Notice is told, one line each and only by what writes, what the user
	// should know: that an identity was made, who else can read a file now. It
	// may be nil, and is called by the goroutine that called the store.
	Notice func(line string)
}

// A Store is the store of one app and its user. It holds no state: every call
// reads the identity and the files anew. Writers exclude each other, in other
// processes too; readers never wait for them.
type Store struct {
	config      Config
	app, shared folder
}

var _ sources.FileStore = (*Store)(nil)

// New returns the store that c describes. It reads nothing.
func New(c Config) *Store {
	if c.Notice == nil {
		c.Notice = func(string) {}
	}
	dir := filepath.Join(c.Root, ".aside")
	return &Store{
		config: c,
		app: folder{
			keys: dir, files: filepath.Join(dir, "secrets"),
			shownKeys: ".aside", shownFiles: ".aside/secrets",
			perm: 0o755, committed: true,
		},
		shared: folder{
			keys: c.Shared, files: c.Shared,
			shownKeys: filepath.ToSlash(c.Shared), shownFiles: filepath.ToSlash(c.Shared),
			perm: 0o700,
		},
	}
}

// Read implements [sources.Store]. The values of a scope are sorted by name.
// Without any file it asks for no identity.
func (s *Store) Read(ctx context.Context, scopes ...sources.Scope) ([]sources.Value, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	type part struct {
		file
		scope  sources.Scope
		sealed []byte
		doc    *document
		err    error
	}
	var parts []part
	for _, scope := range scopes {
		f, err := s.file(scope)
		if err != nil {
			return nil, err
		}
		sealed, err := f.load()
		if err != nil {
			return nil, err
		}
		if sealed != nil {
			parts = append(parts, part{file: f, scope: scope, sealed: sealed})
		}
	}
	if len(parts) == 0 {
		return nil, nil
	}
	id, err := s.config.identity(parts[0].shown)
	if err != nil {
		return nil, err
	}
	var opening sync.WaitGroup
	for i := range parts {
		p := &parts[i]
		opening.Go(func() { p.doc, p.err = p.open(p.sealed, id) })
	}
	opening.Wait()
	var values []sources.Value
	for _, p := range parts {
		if p.err != nil {
			return nil, p.err
		}
		values = slices.Grow(values, len(p.doc.entries))
		for _, e := range p.doc.entries {
			if e.removed {
				continue
			}
			values = append(values, sources.Value{
				Name: e.name,
				Origin: sources.Origin{
					Layer:   p.scope.Layer,
					Source:  p.shown,
					Version: strconv.Itoa(e.version),
					Shared:  p.scope.Shared,
				},
				Secret: e.value,
				Group:  e.group,
			})
		}
	}
	return values, nil
}

// Paths implements [sources.FileStore]: one file for each scope.
func (s *Store) Paths(scopes ...sources.Scope) []string {
	var paths []string
	for _, scope := range scopes {
		if f, err := s.file(scope); err == nil && f.dir.files != "" {
			paths = append(paths, f.path)
		}
	}
	return paths
}

// files returns where the scopes lie.
func (s *Store) files(scopes []sources.Scope) ([]file, error) {
	var files []file
	for _, scope := range scopes {
		f, err := s.file(scope)
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	return files, nil
}

// file returns where the scope lies.
func (s *Store) file(scope sources.Scope) (file, error) {
	dir := s.folder(scope.Shared)
	name := scope.Name
	switch scope.Layer {
	case sources.Stage:
	case sources.Type:
		name = "type." + name
	case sources.Fallback:
		name = "_fallback"
	default:
		return file{}, fmt.Errorf("the layer %s is no place for stored secrets", scope.Layer)
	}
	// A name that came as far as this is valid, or a way out of the folder.
	if scope.Layer != sources.Fallback && (scope.Name == "" || strings.ContainsFunc(scope.Name, notInName)) {
		return file{}, sources.Hint(fmt.Errorf("%q is no valid name of a %s", scope.Name, scope.Layer),
			"use letters, digits and -")
	}
	name += ".age"
	return file{dir, filepath.Join(dir.files, name), path.Join(dir.shownFiles, name)}, nil
}

func (s *Store) folder(shared bool) folder {
	if shared {
		return s.shared
	}
	return s.app
}

func notInName(r rune) bool {
	return r != '-' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
}
