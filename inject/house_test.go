package inject

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/aside-cli/aside"

// may says for each folder at the top which others its packages import, tests included.
var may = map[string][]string{
	"dotenv":  {"dotenv"},
	"watch":   {"watch"},
	"sources": {"sources", "dotenv"},
	"inject":  {"inject", "sources", "dotenv"},
	"cmd":     {"cmd", "inject", "sources", "dotenv", "watch"},
}

// TestHouse pins which package knows of which, so that a store can be added, and
// the supervisor changed, without the rest. Only the command knows the stores.
func TestHouse(t *testing.T) {
	files := 0
	root := ".."
	err := filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := entry.Name()
		if entry.IsDir() {
			if file != root && (name == "testdata" || strings.HasPrefix(name, ".") || ownModule(file)) {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		files++
		checkImports(t, root, file)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 20 {
		t.Errorf("only %d files were found", files)
	}
}

// ownModule reports whether dir is a module of its own, as benchmarks are.
func ownModule(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "go.mod"))
	return err == nil
}

func checkImports(t *testing.T, root, file string) {
	src, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
	if err != nil {
		t.Error(err)
		return
	}
	rel, err := filepath.Rel(root, file)
	if err != nil {
		t.Error(err)
		return
	}
	rel = filepath.ToSlash(rel)
	from, _, _ := strings.Cut(rel, "/")
	allowed, ok := may[from]
	if !ok {
		t.Errorf("%s: there is no Go code but in cmd, inject, sources, dotenv and watch", rel)
		return
	}
	for _, spec := range src.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Error(err)
			continue
		}
		if imported == "text/template" || imported == "html/template" {
			t.Errorf("%s imports %s: the linker keeps all methods then", rel, imported)
		}
		ours, ok := strings.CutPrefix(imported, module+"/")
		if !ok {
			continue
		}
		top, below, _ := strings.Cut(ours, "/")
		isStore := top == "sources" && below != "" && below != "mototest" && !strings.HasPrefix(below, "internal/")
		switch {
		case !slices.Contains(allowed, top):
			t.Errorf("%s imports %s", rel, ours)
		case isStore && from != "cmd" && !within(path.Dir(rel), ours):
			t.Errorf("%s imports %s: only cmd knows which store is which", rel, ours)
		}
	}
}

// within reports whether the folder is that of the package or below it.
func within(dir, pkg string) bool { return dir == pkg || strings.HasPrefix(dir, pkg+"/") }
