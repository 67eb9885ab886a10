-- Read-only. Ids are passed as arrays: one query per database and interval, however many strategies run.

-- name: no_code_fingerprints
SELECT uuid::text AS id, md5(coalesce(generated_code, '') || ':' || user_id) AS fingerprint
  FROM nocode_workflows
 WHERE uuid = ANY($1::uuid[])

-- name: no_code_strategies
SELECT uuid::text AS id, user_id::text AS owner, name, coalesce(generated_code, '') AS code
  FROM nocode_workflows
 WHERE uuid = ANY($1::uuid[])

-- name: no_code_owned
SELECT uuid::text AS id, user_id::text AS owner, name, coalesce(generated_code, '') <> '' AS has_code
  FROM nocode_workflows
 WHERE user_id::text = $1
 ORDER BY name, uuid
 LIMIT $2

-- Two generations of the AI/ML service are in use: rows with code (era A), and projects with files (era B).
-- name: ai_ml_era
SELECT to_regclass('strategies') IS NOT NULL AS has_rows, to_regclass('files') IS NOT NULL AS has_projects

-- name: ai_ml_row_fingerprints
SELECT id::text AS id, md5(code || ':' || coalesce(parameters::text, '') || ':' || user_id) AS fingerprint
  FROM strategies
 WHERE id = ANY($1::uuid[])

-- name: ai_ml_rows
SELECT id::text AS id, user_id::text AS owner, name, code, parameters::text AS parameters
  FROM strategies
 WHERE id = ANY($1::uuid[])

-- name: ai_ml_rows_owned
SELECT id::text AS id, user_id::text AS owner, name, code <> '' AS has_code
  FROM strategies
 WHERE user_id::text = $1
 ORDER BY name, id
 LIMIT $2

-- name: ai_ml_project_fingerprints
SELECT p.id, md5(coalesce(p.user_id, '') || ':' || coalesce(
         string_agg(f.path || ':' || md5(coalesce(f.content, '')), ',' ORDER BY f.path), '')) AS fingerprint
  FROM projects p
  LEFT JOIN files f ON f.project_id = p.id AND NOT coalesce(f.is_directory, false)
 WHERE p.id = ANY($1::text[])
 GROUP BY p.id, p.user_id

-- name: ai_ml_project_files
SELECT p.id, p.user_id AS owner, p.name, f.path, coalesce(f.content, '') AS content
  FROM projects p
  LEFT JOIN files f ON f.project_id = p.id AND NOT coalesce(f.is_directory, false)
 WHERE p.id = ANY($1::text[])
 ORDER BY p.id, f.path

-- name: ai_ml_projects_owned
SELECT p.id, p.user_id AS owner, p.name, EXISTS (
         SELECT 1 FROM files f WHERE f.project_id = p.id AND f.path LIKE '%.py') AS has_code
  FROM projects p
 WHERE p.user_id = $1
 ORDER BY p.name, p.id
 LIMIT $2
