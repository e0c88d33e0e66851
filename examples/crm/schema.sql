-- The CRM database of an invented company. Four faults are planted, `tutela lint` finds them:
--   crm.customer.marital_status    no channel may collect it, and nobody said what it is for
--   crm.service_ticket.wechat_id   no purpose
--   crm.app_event                  no channel feeds this table
--   crm.marketing_lead             no retention schedule

CREATE SCHEMA IF NOT EXISTS crm;

CREATE TABLE crm.customer (
    id                    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_no           varchar(20) NOT NULL UNIQUE,
    full_name             varchar(50) NOT NULL,
    mobile                varchar(20),
    email                 varchar(100),
    address               varchar(200),
    id_card_no_enc        bytea,
    marital_status        varchar(10),
    customer_class        varchar(20) NOT NULL DEFAULT 'ordinary',
    owner_employee        varchar(10),
    created_at            timestamptz NOT NULL DEFAULT now(),
    relationship_ended_at timestamptz
);
COMMENT ON TABLE crm.customer IS '客户';
COMMENT ON COLUMN crm.customer.customer_no IS '客户编号';
COMMENT ON COLUMN crm.customer.full_name IS '客户姓名';
COMMENT ON COLUMN crm.customer.mobile IS '手机号';
COMMENT ON COLUMN crm.customer.email IS '电子邮箱';
COMMENT ON COLUMN crm.customer.address IS '联系地址';
COMMENT ON COLUMN crm.customer.id_card_no_enc IS '身份证号(加密)';
COMMENT ON COLUMN crm.customer.marital_status IS '婚姻状况';
COMMENT ON COLUMN crm.customer.customer_class IS '客户等级 @tutela(category=none)';
COMMENT ON COLUMN crm.customer.owner_employee IS '负责销售工号 @tutela(category=none)';
COMMENT ON COLUMN crm.customer.relationship_ended_at IS '业务关系终止时间';

CREATE TABLE crm.contact_person (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id bigint NOT NULL REFERENCES crm.customer (id),
    full_name   varchar(50) NOT NULL,
    job_title   varchar(50),
    mobile      varchar(20),
    email       varchar(100)
);
COMMENT ON TABLE crm.contact_person IS '企业客户联系人';
COMMENT ON COLUMN crm.contact_person.full_name IS '联系人姓名';
COMMENT ON COLUMN crm.contact_person.job_title IS '职务';
COMMENT ON COLUMN crm.contact_person.mobile IS '联系人手机号';
COMMENT ON COLUMN crm.contact_person.email IS '联系人邮箱';

CREATE TABLE crm.contact_log (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id  bigint NOT NULL REFERENCES crm.customer (id),
    employee_no  varchar(10) NOT NULL,
    contacted_at timestamptz NOT NULL,
    summary      text
);
COMMENT ON TABLE crm.contact_log IS '客户跟进记录';
COMMENT ON COLUMN crm.contact_log.employee_no IS '跟进人工号 @tutela(category=none)';
COMMENT ON COLUMN crm.contact_log.contacted_at IS '跟进时间';
COMMENT ON COLUMN crm.contact_log.summary IS '沟通内容 @tutela(category=personal.communication.content)';

CREATE TABLE crm.orders (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id      bigint NOT NULL REFERENCES crm.customer (id),
    product_id       bigint NOT NULL,
    amount           numeric(12, 2) NOT NULL,
    receiver_name    varchar(50),
    receiver_phone   varchar(20),
    shipping_address varchar(200),
    completed_at     timestamptz
);
COMMENT ON TABLE crm.orders IS '订单';
COMMENT ON COLUMN crm.orders.amount IS '订单金额 @tutela(category=personal.transaction.purchase)';
COMMENT ON COLUMN crm.orders.receiver_name IS '收货人姓名';
COMMENT ON COLUMN crm.orders.receiver_phone IS '收货人电话';
COMMENT ON COLUMN crm.orders.shipping_address IS '收货地址';
COMMENT ON COLUMN crm.orders.completed_at IS '交易完成时间';

CREATE TABLE crm.invoice (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id     bigint NOT NULL REFERENCES crm.orders (id),
    title        varchar(100) NOT NULL,
    taxpayer_no  varchar(30),
    bank_account varchar(40),
    issued_at    timestamptz NOT NULL
);
COMMENT ON TABLE crm.invoice IS '发票';
COMMENT ON COLUMN crm.invoice.title IS '发票抬头 @tutela(category=personal.transaction.invoice)';
COMMENT ON COLUMN crm.invoice.taxpayer_no IS '纳税人识别号';
COMMENT ON COLUMN crm.invoice.bank_account IS '开户银行账号';
COMMENT ON COLUMN crm.invoice.issued_at IS '开票时间';

CREATE TABLE crm.service_ticket (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id bigint NOT NULL REFERENCES crm.customer (id),
    wechat_id   varchar(50),
    question    text,
    opened_at   timestamptz NOT NULL,
    closed_at   timestamptz
);
COMMENT ON TABLE crm.service_ticket IS '客户服务工单';
COMMENT ON COLUMN crm.service_ticket.wechat_id IS '客户微信号';
COMMENT ON COLUMN crm.service_ticket.question IS '咨询内容 @tutela(category=personal.communication.content)';

CREATE TABLE crm.marketing_event (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    title     varchar(100) NOT NULL,
    city      varchar(50),
    starts_at timestamptz NOT NULL
);
COMMENT ON TABLE crm.marketing_event IS '市场活动';
COMMENT ON COLUMN crm.marketing_event.title IS '活动主题';
COMMENT ON COLUMN crm.marketing_event.city IS '举办城市';

CREATE TABLE crm.marketing_lead (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id  bigint NOT NULL REFERENCES crm.marketing_event (id),
    full_name varchar(50),
    mobile    varchar(20),
    signed_at timestamptz NOT NULL
);
COMMENT ON TABLE crm.marketing_lead IS '活动报名线索';
COMMENT ON COLUMN crm.marketing_lead.full_name IS '报名人姓名';
COMMENT ON COLUMN crm.marketing_lead.mobile IS '报名人手机号';

CREATE TABLE crm.app_event (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    idfa       varchar(36),
    android_id varchar(32),
    client_ip  inet,
    event_name varchar(50) NOT NULL,
    at         timestamptz NOT NULL
);
COMMENT ON TABLE crm.app_event IS 'App 埋点事件';
COMMENT ON COLUMN crm.app_event.idfa IS '苹果广告标识符';
COMMENT ON COLUMN crm.app_event.android_id IS '安卓设备标识';
COMMENT ON COLUMN crm.app_event.client_ip IS '客户端 IP 地址';
COMMENT ON COLUMN crm.app_event.event_name IS '事件名称';

CREATE TABLE crm.staff (
    employee_no  varchar(10) PRIMARY KEY,
    full_name    varchar(50) NOT NULL,
    office_phone varchar(20),
    department   varchar(50) NOT NULL
);
COMMENT ON TABLE crm.staff IS '员工';
COMMENT ON COLUMN crm.staff.employee_no IS '工号 @tutela(category=none)';
COMMENT ON COLUMN crm.staff.full_name IS '员工姓名';
COMMENT ON COLUMN crm.staff.office_phone IS '办公电话';
COMMENT ON COLUMN crm.staff.department IS '所属部门 @tutela(category=none)';

CREATE VIEW crm.v_customer_contact AS
SELECT c.id, c.customer_no, c.full_name, c.mobile, c.email
FROM crm.customer AS c
WHERE c.relationship_ended_at IS NULL;
COMMENT ON VIEW crm.v_customer_contact IS '在册客户联系方式';

-- What the rules on the quality of customer data ask for. Left out: whether a customer is a person or an organisation.
ALTER TABLE crm.customer
    ADD COLUMN collected_at     timestamptz NOT NULL,
    ADD COLUMN entered_at       timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN entered_by       varchar(10) NOT NULL,
    ADD COLUMN review_status    varchar(10) NOT NULL DEFAULT 'pending',
    ADD COLUMN reviewed_at      timestamptz,
    ADD COLUMN last_verified_at timestamptz;
COMMENT ON COLUMN crm.customer.entered_by IS '录入人工号 @tutela(category=none)';
COMMENT ON COLUMN crm.customer.review_status IS '初审状态 @tutela(category=none)';

ALTER TABLE crm.contact_log
    ALTER COLUMN summary SET NOT NULL,
    ADD COLUMN outcome varchar(20) NOT NULL DEFAULT 'open';
COMMENT ON COLUMN crm.contact_log.outcome IS '沟通结果 @tutela(category=none)';

CREATE TABLE crm.complaint (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id bigint NOT NULL REFERENCES crm.customer (id),
    channel     varchar(20) NOT NULL,
    content     text NOT NULL,
    received_at timestamptz NOT NULL,
    outcome     varchar(20),
    settled_at  timestamptz
);
COMMENT ON TABLE crm.complaint IS '客户投诉';
COMMENT ON COLUMN crm.complaint.channel IS '投诉渠道 @tutela(category=none)';
COMMENT ON COLUMN crm.complaint.content IS '投诉内容 @tutela(category=personal.communication.content)';
COMMENT ON COLUMN crm.complaint.outcome IS '处理结果 @tutela(category=none)';
