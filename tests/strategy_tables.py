"""The platform's strategy tables as its services make them, and rows for them. For tests with a real PostgreSQL."""

NO_CODE = """
CREATE TABLE nocode_workflows (
  id serial PRIMARY KEY, uuid uuid UNIQUE, user_id int NOT NULL, name varchar(255) NOT NULL, description text,
  category varchar(50), tags varchar[], workflow_data json NOT NULL, generated_code text,
  generated_code_language varchar(20), generated_requirements varchar[], generated_code_size int,
  generated_code_lines int, compiler_version varchar(50), compilation_status varchar(20), compilation_errors json,
  validation_status varchar(20), validation_errors json, deployment_status varchar(20), execution_mode varchar(20),
  execution_metadata json, aiml_training_job_id varchar, version int, parent_workflow_id int, is_template bool,
  is_public bool, total_executions int, successful_executions int, avg_performance_score numeric(5,2),
  last_execution_at timestamp, created_at timestamp DEFAULT now(), updated_at timestamp DEFAULT now(),
  published_at timestamp)
"""
ERA_A = """
CREATE TYPE strategystatus AS ENUM ('DRAFT', 'ACTIVE', 'ARCHIVED', 'TESTING', 'DEPLOYED');
CREATE TABLE strategies (
  id uuid PRIMARY KEY, user_id uuid NOT NULL, name varchar(255) NOT NULL, description text, code text NOT NULL,
  language varchar(50) NOT NULL DEFAULT 'python', sdk_version varchar(50) NOT NULL DEFAULT '1.0.0', parameters json,
  status strategystatus, tags varchar[], total_return float8, max_drawdown float8, sharpe_ratio float8,
  win_rate float8, metadata json, created_at timestamptz DEFAULT now(), updated_at timestamptz DEFAULT now());
CREATE TABLE projects (
  id uuid PRIMARY KEY, user_id uuid, name varchar(255), description text, template_type varchar(100), settings json,
  metadata json, created_at timestamptz DEFAULT now(), updated_at timestamptz DEFAULT now());
CREATE TABLE project_files (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(), project_id uuid REFERENCES projects(id), file_path varchar(500),
  file_name varchar(255), content text, file_type varchar(100) DEFAULT 'text', size_bytes int, is_directory bool,
  language varchar(50), encoding varchar(20) DEFAULT 'utf-8', version int, checksum varchar(64), metadata json,
  created_at timestamptz DEFAULT now(), updated_at timestamptz DEFAULT now())
"""
ERA_B = """
CREATE TABLE projects (
  id varchar PRIMARY KEY, user_id varchar, name varchar, description text, path varchar UNIQUE, settings json,
  created_at timestamp NOT NULL DEFAULT now(), updated_at timestamp NOT NULL DEFAULT now());
CREATE TABLE files (
  id varchar PRIMARY KEY DEFAULT gen_random_uuid()::text, project_id varchar REFERENCES projects(id),
  owner_user_id varchar, name varchar, path varchar, language varchar, size int, is_directory bool, content text,
  created_at timestamp DEFAULT now(), updated_at timestamp DEFAULT now())
"""
LEAVE_ERA_A = "DROP TABLE project_files, projects, strategies; DROP TYPE strategystatus;"
"""What the service's own migration did in October 2025, without keeping anything."""
