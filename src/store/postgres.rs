//! PostgreSQL: a few threads with a connection each; writers take one advisory lock.

use std::collections::HashMap;
use std::error::Error;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

use ::postgres::types::{Format, IsNull, ToSql, Type, to_sql_checked};
use ::postgres::{Client, NoTls, Statement};
use bytes::BytesMut;

use super::tx::{Command, Connection};
use super::{Row, StoreError, Tx, Value};

/// Threads, and so connections, per process.
const CONNECTIONS: usize = 6;
/// Key of the advisory lock that puts all writers of all processes in one order.
const WRITE_LOCK: i64 = 0x4459_5357;

enum Order {
    Read(Box<dyn Command>),
    Write(Box<dyn Command>),
}

pub(super) struct Pool {
    orders: Sender<Order>,
}

impl Pool {
    pub(super) fn open(url: &str) -> Result<Self, StoreError> {
        let (orders, queue) = channel();
        let queue = Arc::new(Mutex::new(queue));
        for index in 0..CONNECTIONS {
            let queue = Arc::clone(&queue);
            let url = url.to_owned();
            let (connected, answer) = channel();
            // The client brings a runtime of its own, which cannot begin on a thread that serves
            // another one: each thread connects for itself.
            std::thread::Builder::new()
                .name(format!("dys-store-{index}"))
                .spawn(move || match Session::connect(&url) {
                    Ok(session) => {
                        let _ = connected.send(Ok(()));
                        serve(session, &url, &queue);
                    }
                    Err(error) => drop(connected.send(Err(error))),
                })
                .map_err(|error| StoreError::Schema(format!("thread: {error}")))?;
            answer.recv().unwrap_or(Err(StoreError::Closed))?;
        }
        Ok(Self { orders })
    }

    pub(super) fn read(&self, command: Box<dyn Command>) {
        self.submit(Order::Read(command));
    }

    pub(super) fn write(&self, command: Box<dyn Command>) {
        self.submit(Order::Write(command));
    }

    fn submit(&self, order: Order) {
        if let Err(refused) = self.orders.send(order) {
            let (Order::Read(command) | Order::Write(command)) = refused.0;
            command.finish(Err(StoreError::Closed));
        }
    }
}

fn serve(mut session: Session, url: &str, queue: &Mutex<Receiver<Order>>) {
    loop {
        let Ok(next) = queue.lock().map(|queue| queue.recv()) else {
            return;
        };
        let Ok(order) = next else { return };
        if session.client.is_closed()
            && let Ok(fresh) = Session::connect(url)
        {
            session = fresh;
        }
        match order {
            Order::Read(command) => session.run_read(command),
            Order::Write(command) => session.run_write(command),
        }
    }
}

/// A connection with the statements that it has prepared.
pub(super) struct Session {
    client: Client,
    prepared: HashMap<String, (Statement, Arc<[String]>)>,
}

impl Session {
    fn connect(url: &str) -> Result<Self, StoreError> {
        Ok(Self {
            client: Client::connect(url, NoTls)?,
            prepared: HashMap::new(),
        })
    }

    fn run_read(&mut self, mut command: Box<dyn Command>) {
        let begun = self
            .client
            .batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            .map_err(StoreError::from);
        if begun.is_ok() {
            command.run(&mut Tx {
                connection: Connection::Postgres(self),
                statements: 0,
            });
            // A read transaction has nothing to keep; ending it cannot lose anything.
            let _ = self.client.batch_execute("ROLLBACK");
        }
        command.finish(begun);
    }

    fn run_write(&mut self, mut command: Box<dyn Command>) {
        let begun = self
            .client
            .batch_execute(&format!(
                "BEGIN; SELECT pg_advisory_xact_lock({WRITE_LOCK})"
            ))
            .map_err(StoreError::from);
        if let Err(error) = begun {
            let _ = self.client.batch_execute("ROLLBACK");
            return command.finish(Err(error));
        }
        let keep = command.run(&mut Tx {
            connection: Connection::Postgres(self),
            statements: 0,
        });
        let ending = if keep { "COMMIT" } else { "ROLLBACK" };
        let ended = self.client.batch_execute(ending).map_err(StoreError::from);
        command.finish(ended);
    }

    fn prepare(&mut self, sql: &str) -> Result<(Statement, Arc<[String]>), StoreError> {
        if let Some((statement, columns)) = self.prepared.get(sql) {
            return Ok((statement.clone(), Arc::clone(columns)));
        }
        let statement = self.client.prepare(&dollar_parameters(sql))?;
        let columns: Arc<[String]> = statement
            .columns()
            .iter()
            .map(|column| column.name().to_owned())
            .collect::<Vec<_>>()
            .into();
        self.prepared
            .insert(sql.to_owned(), (statement.clone(), Arc::clone(&columns)));
        Ok((statement, columns))
    }

    pub(super) fn execute(&mut self, sql: &str, params: &[Value]) -> Result<u64, StoreError> {
        let (statement, _) = self.prepare(sql)?;
        Ok(self.client.execute(&statement, &bound(params))?)
    }

    pub(super) fn execute_batch(&mut self, sql: &str) -> Result<(), StoreError> {
        Ok(self.client.batch_execute(sql)?)
    }

    pub(super) fn query(&mut self, sql: &str, params: &[Value]) -> Result<Vec<Row>, StoreError> {
        let (statement, columns) = self.prepare(sql)?;
        let mut answer = Vec::new();
        for row in self.client.query(&statement, &bound(params))? {
            let mut values = Vec::with_capacity(columns.len());
            for (index, column) in row.columns().iter().enumerate() {
                values.push(cell(&row, index, column.type_())?);
            }
            answer.push(Row::new(Arc::clone(&columns), values));
        }
        Ok(answer)
    }
}

fn bound(params: &[Value]) -> Vec<&(dyn ToSql + Sync)> {
    params
        .iter()
        .map(|value| value as &(dyn ToSql + Sync))
        .collect()
}

fn cell(row: &::postgres::Row, index: usize, kind: &Type) -> Result<Value, StoreError> {
    let value = match *kind {
        Type::INT8 => row.try_get::<_, Option<i64>>(index)?.map(Value::Int),
        Type::INT4 => row
            .try_get::<_, Option<i32>>(index)?
            .map(|int| Value::Int(int.into())),
        Type::INT2 => row
            .try_get::<_, Option<i16>>(index)?
            .map(|int| Value::Int(int.into())),
        Type::BOOL => row
            .try_get::<_, Option<bool>>(index)?
            .map(|truth| Value::Int(truth.into())),
        Type::BYTEA => row.try_get::<_, Option<Vec<u8>>>(index)?.map(Value::Blob),
        _ => row.try_get::<_, Option<String>>(index)?.map(Value::Text),
    };
    Ok(value.unwrap_or(Value::Null))
}

/// Turns `?1` into `$1` outside of string literals.
fn dollar_parameters(sql: &str) -> String {
    let mut in_literal = false;
    sql.chars()
        .map(|character| match character {
            '\'' => {
                in_literal = !in_literal;
                '\''
            }
            '?' if !in_literal => '$',
            other => other,
        })
        .collect()
}

impl ToSql for Value {
    fn to_sql(
        &self,
        kind: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self {
            Value::Null => Ok(IsNull::Yes),
            Value::Int(int) => match *kind {
                Type::INT4 => i32::try_from(*int)?.to_sql(kind, out),
                Type::INT2 => i16::try_from(*int)?.to_sql(kind, out),
                Type::BOOL => (*int != 0).to_sql(kind, out),
                Type::TEXT | Type::VARCHAR => int.to_string().to_sql(kind, out),
                _ => int.to_sql(&Type::INT8, out),
            },
            Value::Text(text) => text.as_str().to_sql(kind, out),
            Value::Blob(bytes) => bytes.as_slice().to_sql(kind, out),
        }
    }

    fn accepts(_kind: &Type) -> bool {
        true
    }

    fn encode_format(&self, _kind: &Type) -> Format {
        Format::Binary
    }

    to_sql_checked!();
}

#[cfg(test)]
mod tests {
    use super::dollar_parameters;

    #[test]
    fn parameters_change_and_literals_stay() {
        assert_eq!(
            dollar_parameters("SELECT '?' || ?1 WHERE a = ?2"),
            "SELECT '?' || $1 WHERE a = $2"
        );
    }
}
