// Package config reads aside.yaml: strictly, so that a key that is misspelt or
// a value that cannot be meant is an error with its line and column.
//
// What the file may hold is said by the fields of [Config] and their tags alone.
package config

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/aside-cli/aside/sources"
)

// Name is the name of the file, and how errors call it.
const Name = "aside.yaml"

// maxSize limits the file, in bytes.
const maxSize = 1 << 20

// A Config is what aside.yaml says. Without a file only Root is set.
type Config struct {
	// Root is the absolute path of the nearest folder, upwards from the one
	// that was asked for, that holds aside.yaml; without one, the folder itself.
	Root string

	// Path is the file's absolute path, "" without one.
	Path string

	App        Text        `yaml:"app"`
	Stage      Text        `yaml:"stage"`
	Store      Store       `yaml:"store"`
	AWS        AWS         `yaml:"aws"`
	SSM        SSM         `yaml:"ssm"`
	Poll       Duration    `yaml:"poll"`   // how often a remote store is asked for changes
	Cache      Cache       `yaml:"cache"`  // on, off or {max-age: 24h}
	Stages     Map[Stage]  `yaml:"stages"` // by name or glob
	Parameters Map[Scalar] `yaml:"parameters"`

	Secrets    Map[Declaration] `yaml:"secrets"`
	Types      Map[ValueType]   `yaml:"types"`
	Links      Map[List]        `yaml:"links"`
	Undeclared Text             `yaml:"undeclared"` // ignore, warn or error
}

// AWS says how the AWS stores are reached. What is empty is left to the
// environment and the user's AWS configuration.
type AWS struct {
	Region   Text `yaml:"region"`
	Profile  Text `yaml:"profile"`
	Endpoint Text `yaml:"endpoint"` // a URL
	KMSKey   Text `yaml:"kms-key"`  // encrypts what is written: an ID, ARN or alias
}

// A Stage is what is said of the stages that a name or glob matches.
type Stage struct {
	Type  Type     `yaml:"type"`
	Store Store    `yaml:"store"`
	Poll  Duration `yaml:"poll"`
}

// Load reads the aside.yaml that holds for the folder dir.
func Load(dir string) (*Config, error) {
	start, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(start)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !info.IsDir() {
		return nil, sources.Hint(fmt.Errorf("%s is no folder", dir), "name one with --dir, or leave it out for the current one")
	}
	if err != nil {
		return nil, err
	}

	path, err := find(start)
	if err != nil {
		return nil, err
	}
	if path == "" {
		return &Config{Root: start}, nil
	}
	c, err := read(path)
	if err != nil {
		return nil, err
	}
	c.Root, c.Path = filepath.Dir(path), path
	return c, nil
}

// find returns the path of the nearest aside.yaml from dir upwards, or "".
func find(dir string) (string, error) {
	for {
		path := filepath.Join(dir, Name)
		if exists(path) {
			return path, nil
		}
		if other := filepath.Join(dir, "aside.yml"); exists(other) {
			return "", sources.Hint(fmt.Errorf("%s is not read", other), "rename it to "+Name)
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", nil
		}
		dir = parent
	}
}

// exists is true of a symlink to nowhere, which is better complained about than
// passed over, and false where a folder above may not be looked into.
func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// read returns what the file at path says, checked. A missing file wraps
// [fs.ErrNotExist].
func read(path string) (*Config, error) {
	text, err := readText(path)
	if err != nil {
		return nil, sources.Hint(fmt.Errorf("%s cannot be read: %w", path, err), "put a file that can be read in its place, or remove it")
	}
	return parse(text)
}

func readText(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, errors.Unwrap(err) // without the path
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxSize+1))
	if len(text) > maxSize {
		return nil, fmt.Errorf("it is larger than %d bytes", maxSize)
	}
	return text, cmp.Or(errors.Unwrap(err), err)
}

// parse returns what text says, checked.
func parse(text []byte) (*Config, error) {
	c := new(Config)
	if err := decode(text, c); err != nil {
		return nil, err
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	return c, nil
}

// check returns an error if a text cannot be what its key says.
func (c *Config) check() error {
	if err := c.App.check(CheckApp); err != nil {
		return err
	}
	if err := c.Stage.check(CheckStage); err != nil {
		return err
	}
	if err := c.Store.check(checkStore); err != nil {
		return err
	}
	if err := c.AWS.Endpoint.check(checkEndpoint); err != nil {
		return err
	}
	if err := c.SSM.Case.check(checkCase); err != nil {
		return err
	}
	if err := c.Poll.checkPoll(); err != nil {
		return err
	}
	for _, s := range c.Stages {
		if err := s.Key.check(checkPattern); err != nil {
			return err
		}
		if err := s.Value.Store.check(checkStore); err != nil {
			return err
		}
		if err := s.Value.Poll.checkPoll(); err != nil {
			return err
		}
	}
	for _, p := range c.Parameters {
		if err := p.Key.check(checkVariable); err != nil {
			return err
		}
	}
	return c.checkDeclarations()
}
