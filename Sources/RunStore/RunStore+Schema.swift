internal import GRDB

extension RunStore {
  /// The history of the schema. A released migration is never edited: a
  /// change is a new one at the end.
  static let migrator: DatabaseMigrator = {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("1") { database in
      try database.execute(sql: schema1)
    }
    migrator.registerMigration("2") { database in
      try database.execute(sql: schema2)
    }
    return migrator
  }()

  private static let schema1 = """
    CREATE TABLE run (
      id TEXT PRIMARY KEY,
      name TEXT NOT NULL,
      seed INTEGER NOT NULL,
      status TEXT NOT NULL,
      startedAt TEXT NOT NULL,
      finishedAt TEXT,
      command TEXT NOT NULL,
      experiment TEXT NOT NULL,
      overrides TEXT NOT NULL,
      constitutionName TEXT NOT NULL,
      constitutionVersion INTEGER NOT NULL,
      constitutionHash TEXT NOT NULL,
      "limit" INTEGER,
      machine TEXT NOT NULL,
      gitCommit TEXT,
      ablation TEXT,
      variant TEXT,
      outcome TEXT NOT NULL,
      processIdentifier INTEGER NOT NULL,
      processStarted TEXT NOT NULL
    );
    CREATE INDEX runByName ON run (name);

    CREATE TABLE script (
      runId TEXT NOT NULL REFERENCES run (id) ON DELETE CASCADE,
      path TEXT NOT NULL,
      sha256 TEXT NOT NULL,
      text TEXT NOT NULL,
      PRIMARY KEY (runId, path)
    );

    CREATE TABLE stage (
      runId TEXT NOT NULL REFERENCES run (id) ON DELETE CASCADE,
      name TEXT NOT NULL,
      position INTEGER NOT NULL,
      fingerprint TEXT NOT NULL,
      status TEXT NOT NULL,
      items INTEGER NOT NULL,
      reused INTEGER NOT NULL,
      computed INTEGER NOT NULL,
      modelCallsReused INTEGER NOT NULL,
      modelCallsComputed INTEGER NOT NULL,
      seconds REAL NOT NULL,
      luaSeconds REAL NOT NULL,
      detail TEXT,
      PRIMARY KEY (runId, name)
    );

    CREATE TABLE sample (
      id INTEGER PRIMARY KEY,
      runId TEXT NOT NULL REFERENCES run (id) ON DELETE CASCADE,
      stage TEXT NOT NULL,
      system TEXT,
      promptId TEXT NOT NULL,
      promptText TEXT,
      promptSet TEXT NOT NULL,
      category TEXT,
      draw INTEGER NOT NULL,
      round INTEGER NOT NULL,
      kind TEXT NOT NULL,
      text TEXT NOT NULL,
      tokenCount INTEGER NOT NULL,
      finish TEXT NOT NULL,
      principleId TEXT,
      key TEXT,
      parent INTEGER,
      detail TEXT
    );
    CREATE INDEX sampleByPrompt ON sample (runId, stage, promptId);

    CREATE TABLE comparison (
      runId TEXT NOT NULL REFERENCES run (id) ON DELETE CASCADE,
      id TEXT NOT NULL,
      promptId TEXT NOT NULL,
      promptSet TEXT NOT NULL,
      textA TEXT NOT NULL,
      textB TEXT NOT NULL,
      label REAL,
      dropped TEXT,
      PRIMARY KEY (runId, id)
    );

    CREATE TABLE vote (
      runId TEXT NOT NULL REFERENCES run (id) ON DELETE CASCADE,
      comparisonId TEXT NOT NULL,
      promptId TEXT NOT NULL,
      principleId TEXT NOT NULL,
      "order" TEXT NOT NULL,
      draw INTEGER NOT NULL,
      logProbabilityA REAL,
      logProbabilityB REAL,
      reasoning TEXT,
      parsed INTEGER NOT NULL,
      PRIMARY KEY (runId, comparisonId, draw, principleId, "order")
    );

    CREATE TABLE score (
      runId TEXT NOT NULL REFERENCES run (id) ON DELETE CASCADE,
      stage TEXT NOT NULL,
      item TEXT NOT NULL,
      value REAL,
      PRIMARY KEY (runId, stage, item)
    );

    CREATE TABLE metric (
      runId TEXT NOT NULL REFERENCES run (id) ON DELETE CASCADE,
      stage TEXT NOT NULL,
      step INTEGER NOT NULL,
      name TEXT NOT NULL,
      value REAL,
      PRIMARY KEY (runId, stage, name, step)
    );

    CREATE TABLE evaluation (
      runId TEXT NOT NULL REFERENCES run (id) ON DELETE CASCADE,
      system TEXT NOT NULL,
      metric TEXT NOT NULL,
      category TEXT,
      mean REAL,
      low REAL,
      high REAL,
      n INTEGER NOT NULL
    );
    CREATE UNIQUE INDEX evaluationOnce
      ON evaluation (runId, system, metric, ifnull(category, ''));

    CREATE TABLE artifact (
      sha256 TEXT PRIMARY KEY,
      kind TEXT NOT NULL,
      byteCount INTEGER NOT NULL,
      createdAt TEXT NOT NULL
    );

    CREATE TABLE runArtifact (
      runId TEXT NOT NULL REFERENCES run (id) ON DELETE CASCADE,
      role TEXT NOT NULL,
      weightsHash TEXT NOT NULL,
      sha256 TEXT,
      path TEXT,
      PRIMARY KEY (runId, role)
    );

    -- Not WITHOUT ROWID: values of a kilobyte and more would lie in the
    -- nodes of the key's tree (measured: 3 times the file, 3 times the time).
    CREATE TABLE memoCall (
      key BLOB PRIMARY KEY NOT NULL,
      value BLOB NOT NULL,
      createdAt TEXT NOT NULL
    );

    CREATE TABLE memoStage (
      fingerprint TEXT PRIMARY KEY,
      payload TEXT NOT NULL,
      createdAt TEXT NOT NULL
    );
    """

  private static let schema2 = """
    ALTER TABLE run ADD COLUMN fingerprint TEXT;
    CREATE INDEX runByFingerprint ON run (fingerprint);

    CREATE TABLE ablation (
      id TEXT PRIMARY KEY,
      name TEXT NOT NULL,
      claim TEXT NOT NULL,
      status TEXT NOT NULL,
      startedAt TEXT NOT NULL,
      finishedAt TEXT,
      command TEXT NOT NULL,
      definition TEXT NOT NULL,
      machine TEXT NOT NULL
    );
    CREATE INDEX ablationByName ON ablation (name);

    CREATE TABLE ablationRun (
      ablationId TEXT NOT NULL REFERENCES ablation (id) ON DELETE CASCADE,
      arm TEXT NOT NULL,
      seed INTEGER NOT NULL,
      runId TEXT NOT NULL REFERENCES run (id) ON DELETE CASCADE,
      isNew INTEGER NOT NULL,
      PRIMARY KEY (ablationId, arm, seed)
    );

    CREATE TABLE figure (
      ablationId TEXT NOT NULL REFERENCES ablation (id) ON DELETE CASCADE,
      name TEXT NOT NULL,
      kind TEXT NOT NULL,
      title TEXT NOT NULL,
      note TEXT NOT NULL,
      xLabel TEXT NOT NULL,
      yLabel TEXT NOT NULL,
      PRIMARY KEY (ablationId, name)
    );

    CREATE TABLE figurePoint (
      ablationId TEXT NOT NULL,
      figure TEXT NOT NULL,
      position INTEGER NOT NULL,
      series TEXT NOT NULL,
      label TEXT NOT NULL,
      x REAL,
      xLow REAL,
      xHigh REAL,
      y REAL,
      low REAL,
      high REAL,
      n INTEGER NOT NULL,
      sources TEXT NOT NULL,
      PRIMARY KEY (ablationId, figure, position),
      FOREIGN KEY (ablationId, figure) REFERENCES figure (ablationId, name) ON DELETE CASCADE
    );

    CREATE TABLE finding (
      ablationId TEXT NOT NULL REFERENCES ablation (id) ON DELETE CASCADE,
      position INTEGER NOT NULL,
      claim TEXT NOT NULL,
      verdict TEXT NOT NULL,
      quantity TEXT NOT NULL,
      value REAL,
      low REAL,
      high REAL,
      n INTEGER NOT NULL,
      pValue REAL,
      adjusted REAL,
      PRIMARY KEY (ablationId, position)
    );
    """
}
