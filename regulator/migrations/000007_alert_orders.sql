-- An alert keeps its order: refused closings and new facts took it back to assigned, and a second order was filed.
--
--   closing ──refuseClosing──▶ ordered where it has an order, else assigned, or open without an owner
--   closing, closed ──raiseAlerts (new facts)──▶ the same

update alert set state = 'ordered' where state in ('open', 'assigned') and order_number is not null;

alter table alert add constraint alert_order_must_not_be_forgotten
  check (state not in ('open', 'assigned') or order_number is null);
